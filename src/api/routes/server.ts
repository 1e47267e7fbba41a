import { hostname, machine, release } from 'node:os';
import {
  type Server,
  type ServerEnvironment,
  type ServerKvm,
  type ServerPut,
  routes,
} from '#contract/contract.ts';
import { etagOf } from '#base/etag.ts';
import { Fault } from '#model/fault.ts';
import type { Context } from '../context.ts';
import { apiExtensions } from '../extensions.ts';
import { requireUnchanged } from '../http/call.ts';
import { serve } from '../http/serve.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { ServerInfo } from '../server-info.ts';
import type { Services } from '../services.ts';

/** The server itself has no configuration so far. */
const config = {};
const etag = etagOf(config);

export function serveServer(context: Context): void {
  const { app } = context;
  serve(app, routes.listVersions, () => ['/1.0']);
  serve(app, routes.getServer, ({ project }) => ({ metadata: serverDocument(context, project), etag }));
  serve(app, routes.putServer, (call) => change(call.body, call.etag));
  serve(app, routes.patchServer, (call) => change(call.body, call.etag));
  serve(app, routes.getOpenApi, () => openApiDocument());
}

/** Throws `invalid` for any key: the server has none. */
function change({ config: wanted }: ServerPut, requested: string | undefined): Record<string, never> {
  requireUnchanged(requested, etag);
  const [key] = Object.keys(wanted ?? {});
  if (key === undefined) return {};
  throw new Fault('invalid', `There is no server key "${key}"`, { hint: 'The server has no keys so far.' });
}

function serverDocument({ info, services }: Context, project: string): Server {
  return {
    api_extensions: [...apiExtensions],
    api_status: 'stable',
    api_version: '1.0',
    auth: 'trusted',
    auth_methods: ['tls'],
    config,
    environment: environmentOf(info, project),
    public: false,
    wadah: { kvm: kvmOf(services) },
  };
}

function environmentOf({ version, engines, storage, os }: ServerInfo, project: string): ServerEnvironment {
  return {
    addresses: [],
    architectures: [machine()],
    certificate: '',
    certificate_fingerprint: '',
    driver: engines.map(({ name }) => name).join(' | '),
    driver_version: engines.map((engine) => engine.version).join(' | '),
    firewall: 'nftables',
    kernel: 'Linux',
    kernel_architecture: machine(),
    kernel_features: {},
    kernel_version: release(),
    lxc_features: {},
    os_name: os.name,
    os_version: os.version,
    project,
    server: 'wadah',
    server_clustered: false,
    server_event_mode: 'full-mesh',
    server_name: hostname(),
    server_pid: process.pid,
    server_version: version,
    storage: storage.name,
    storage_version: storage.version,
    storage_supported_drivers: [{ Name: storage.name, Version: storage.version, Remote: false }],
  };
}

/** `null` until the measurement, a moment after the daemon's start, is done. */
function kvmOf({ kvm }: Services): ServerKvm | null {
  const findings = kvm.known();
  if (!findings) return null;
  const { verdict, reason, remedy = '', measurement } = findings.verdict;
  return {
    verdict,
    reason,
    remedy,
    kernel_mode_speed: measurement?.kernelMode.instructionsPerSecond ?? null,
    user_mode_speed: measurement?.userMode.instructionsPerSecond ?? null,
    qemu_cpu: findings.qemuCpu?.model ?? '',
  };
}
