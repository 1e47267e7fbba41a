import { Type, type Static } from 'typebox';
import { Timestamp, longestWaitSeconds, mapOf, notServed, orNull } from './schema.ts';

export const instanceStatuses = [
  'Stopped',
  'Starting',
  'Running',
  'Freezing',
  'Frozen',
  'Stopping',
  'Error',
] as const;

export const NetworkAddress = Type.Object(
  {
    family: Type.Enum(['inet', 'inet6']),
    address: Type.String(),
    netmask: Type.String({ description: 'Length of the prefix' }),
    scope: Type.Enum(['global', 'link', 'local']),
  },
  { $id: 'NetworkAddress' },
);

export const InstanceNetworkState = Type.Object(
  {
    addresses: Type.Array(NetworkAddress),
    counters: Type.Object({
      bytes_received: Type.Integer(),
      bytes_sent: Type.Integer(),
      packets_received: Type.Integer(),
      packets_sent: Type.Integer(),
    }),
    host_name: Type.String({ description: "Name of the host's end of the link" }),
    hwaddr: Type.String(),
    mtu: Type.Integer(),
    state: Type.Enum(['up', 'down']),
    type: Type.Literal('broadcast'),
  },
  { $id: 'InstanceNetworkState' },
);

/** How an instance is now, and what it uses. */
export const InstanceState = Type.Object(
  {
    status: Type.Enum([...instanceStatuses]),
    status_code: Type.Integer(),
    cpu: Type.Object({ usage: Type.Integer({ description: 'Nanoseconds since its start' }) }),
    disk: mapOf(
      Type.Object({
        usage: Type.Integer({ description: 'Bytes' }),
        total: Type.Optional(Type.Integer({ description: 'Bytes that it may hold' })),
      }),
    ),
    memory: Type.Object({
      usage: Type.Integer({ description: 'Bytes' }),
      usage_peak: Type.Integer(),
      swap_usage: Type.Integer(),
      swap_usage_peak: Type.Integer(),
    }),
    network: mapOf(InstanceNetworkState),
    pid: Type.Integer({ description: "Its init, in the host's numbers; 0 when it does not run" }),
    processes: Type.Integer({
      description: 'With threads; -1 where only the kernel inside knows, as in virtual machines',
    }),
    started_at: Timestamp,
    wadah: Type.Object({
      is_ready: Type.Boolean({ description: 'Its init has said that it is up, or is one that says nothing' }),
      acceleration: orNull(
        Type.Enum(['kvm', 'tcg'], {
          description: 'What runs the code of a virtual machine: `tcg` is software',
        }),
      ),
      failure: orNull(Type.String({ description: 'Why its last run failed, for people' })),
    }),
  },
  { $id: 'InstanceState' },
);
export type InstanceState = Static<typeof InstanceState>;

export const stateActions = ['start', 'stop', 'restart', 'freeze', 'unfreeze'] as const;

export const InstanceStatePut = Type.Object(
  {
    action: Type.Enum([...stateActions]),
    timeout: Type.Optional(
      Type.Integer({
        minimum: -1,
        maximum: longestWaitSeconds,
        description:
          "Seconds that the guest gets to stop by itself; negative or absent: the instance's own boot.host_shutdown_timeout",
      }),
    ),
    force: Type.Optional(Type.Boolean({ description: 'Kill at once instead of asking' })),
    stateful: notServed('stops that keep the memory'),
  },
  { $id: 'InstanceStatePut' },
);
export type InstanceStatePut = Static<typeof InstanceStatePut>;

/** The same change for every instance that it can begin on. */
export const InstancesStatePut = Type.Object({ state: InstanceStatePut }, { $id: 'InstancesStatePut' });
export type InstancesStatePut = Static<typeof InstancesStatePut>;
