import { Type, type Static } from 'typebox';
import { TextMap, ignoring, orNull } from './schema.ts';

/** Where the daemon runs and what it runs instances with; people read it, few programs do. */
export const ServerEnvironment = Type.Object(
  {
    addresses: Type.Array(Type.String()),
    architectures: Type.Array(Type.String()),
    certificate: Type.String(),
    certificate_fingerprint: Type.String(),
    driver: Type.String({ description: '`crun`, later also `crun | qemu`' }),
    driver_version: Type.String(),
    firewall: Type.String(),
    kernel: Type.String(),
    kernel_architecture: Type.String(),
    kernel_features: TextMap,
    kernel_version: Type.String(),
    lxc_features: TextMap,
    os_name: Type.String(),
    os_version: Type.String(),
    project: Type.String(),
    server: Type.String(),
    server_clustered: Type.Boolean(),
    server_event_mode: Type.String(),
    server_name: Type.String(),
    server_pid: Type.Integer(),
    server_version: Type.String(),
    storage: Type.String(),
    storage_version: Type.String(),
    storage_supported_drivers: Type.Array(
      Type.Object({ Name: Type.String(), Version: Type.String(), Remote: Type.Boolean() }),
    ),
  },
  { $id: 'ServerEnvironment' },
);
export type ServerEnvironment = Static<typeof ServerEnvironment>;

/** What KVM does for virtual machines on this host, as measured. */
export const ServerKvm = Type.Object(
  {
    verdict: Type.Enum(['kvm', 'kvm-user-mode-only', 'none']),
    reason: Type.String(),
    remedy: Type.String({ description: 'What would make it better; empty where nothing has to be better' }),
    kernel_mode_speed: orNull(Type.Number({ description: 'Instructions per second of a guest’s kernel' })),
    user_mode_speed: orNull(Type.Number({ description: 'Instructions per second of a guest’s programs' })),
    qemu_cpu: Type.String({ description: 'CPU model that QEMU runs guests with under KVM; empty: none' }),
  },
  { $id: 'ServerKvm' },
);
export type ServerKvm = Static<typeof ServerKvm>;

export const Server = Type.Object(
  {
    api_extensions: Type.Array(Type.String()),
    api_status: Type.Literal('stable'),
    api_version: Type.Literal('1.0'),
    auth: Type.Enum(['trusted', 'untrusted']),
    auth_methods: Type.Array(Type.String()),
    config: TextMap,
    environment: ServerEnvironment,
    public: Type.Boolean(),
    wadah: Type.Object({ kvm: orNull(ServerKvm) }),
  },
  { $id: 'Server' },
);
export type Server = Static<typeof Server>;

export const ServerPut = Type.Object(
  { config: orNull(TextMap) },
  {
    $id: 'ServerPut',
    ...ignoring([
      'api_extensions',
      'api_status',
      'api_version',
      'auth',
      'auth_methods',
      'environment',
      'public',
    ]),
  },
);
export type ServerPut = Static<typeof ServerPut>;
