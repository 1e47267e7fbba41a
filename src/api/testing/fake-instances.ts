import { randomBytes } from 'node:crypto';
import { etagOf } from '#base/etag.ts';
import { validateConfig } from '#model/config-keys.ts';
import { expand } from '#model/expand.ts';
import { Fault } from '#model/fault.ts';
import { type Instance, type InstanceState, requireInstanceName, requireState } from '#model/instance.ts';
import type { OperationHandle, Operations } from '#operation/operation.ts';
import type {
  CreateInstance,
  InstanceChange,
  Instances,
  InstanceStateView,
  InstanceView,
  StateChange,
} from '#service/instances/instances.ts';
import type { Session, SessionRequest } from '../services.ts';
import { fakeSession } from './fake-session.ts';

const ends = {
  start: 'running',
  stop: 'stopped',
  restart: 'running',
  freeze: 'paused',
  unfreeze: 'running',
} as const;
const starts = {
  start: 'start',
  stop: 'stop',
  restart: 'restart',
  freeze: 'pause',
  unfreeze: 'resume',
} as const;

/** Instances in memory: the words of the interface, without machines. */
export class FakeInstances implements Instances {
  readonly #operations: Operations;
  readonly #instances = new Map<string, { instance: Instance; state: InstanceState; log: string }>();
  /** What runs when something is executed or a console is opened. */
  runs: (request: SessionRequest, signal: AbortSignal) => Promise<Session> = () =>
    Promise.resolve(fakeSession().session);

  constructor(operations: Operations) {
    this.#operations = operations;
  }

  list(): Promise<InstanceView[]> {
    return Promise.resolve(Array.from(this.#instances.values(), viewOf));
  }

  get(_project: string, name: string): Promise<InstanceView> {
    return this.#find(name).then(viewOf);
  }

  async state(_project: string, name: string): Promise<InstanceStateView> {
    return stateViewOf(await this.#find(name));
  }

  async states(): Promise<Map<string, InstanceStateView>> {
    return new Map(Array.from(this.#instances, ([name, entry]) => [name, stateViewOf(entry)]));
  }

  async create(request: CreateInstance): Promise<OperationHandle> {
    const name = request.name ?? `made-up-${randomBytes(3).toString('hex')}`;
    requireInstanceName(name);
    validateConfig(request.config, request.type);
    if (this.#instances.has(name)) throw new Fault('exists', `The name "${name}" is taken`);
    const instance = newInstance(request, name);
    return this.#operate('instance.create', name, () => {
      this.#instances.set(name, { instance, state: request.start ? 'running' : 'stopped', log: 'booted\n' });
    });
  }

  async update(
    _project: string,
    name: string,
    change: InstanceChange,
    etag: string | undefined,
  ): Promise<OperationHandle> {
    const entry = await this.#find(name);
    if (etag !== undefined && etag !== viewOf(entry).etag) throw new Fault('conflict', 'Changed in between');
    validateConfig(change.config ?? {});
    const known = Object.entries(change).filter(([, value]) => value !== undefined);
    return this.#operate('instance.update', name, () => {
      entry.instance = { ...entry.instance, ...Object.fromEntries(known) };
    });
  }

  async changeState(_project: string, name: string, { action }: StateChange): Promise<OperationHandle> {
    const entry = await this.#find(name);
    requireState({ name, state: entry.state }, starts[action]);
    return this.#operate(`instance.${action}`, name, () => {
      entry.state = ends[action];
    });
  }

  async rename(_project: string, name: string, newName: string): Promise<OperationHandle> {
    const entry = await this.#find(name);
    requireInstanceName(newName);
    return this.#operate('instance.rename', name, () => {
      this.#instances.delete(name);
      this.#instances.set(newName, { ...entry, instance: { ...entry.instance, name: newName } });
    });
  }

  async delete(_project: string, name: string): Promise<OperationHandle> {
    requireState({ name, state: (await this.#find(name)).state }, 'delete');
    return this.#operate('instance.delete', name, () => void this.#instances.delete(name));
  }

  async exec(_project: string, name: string, request: SessionRequest, signal: AbortSignal): Promise<Session> {
    await this.#find(name);
    return this.runs(request, signal);
  }

  console(
    project: string,
    name: string,
    terminal: { columns: number; rows: number },
    signal: AbortSignal,
  ): Promise<Session> {
    const login = { command: ['login'], environment: {}, user: 0, group: 0, cwd: undefined, terminal };
    return this.exec(project, name, login, signal);
  }

  async consoleLog(_project: string, name: string): Promise<string> {
    return (await this.#find(name)).log;
  }

  async clearConsoleLog(_project: string, name: string): Promise<void> {
    (await this.#find(name)).log = '';
  }

  async #find(name: string) {
    const entry = this.#instances.get(name);
    if (!entry) throw new Fault('not-found', `There is no instance "${name}"`, { hint: 'See: wadah list.' });
    return entry;
  }

  #operate(kind: string, name: string, change: () => void): OperationHandle {
    const options = {
      kind,
      description: `${kind} ${name}`,
      resources: { instances: [name] },
      project: 'default',
    };
    return this.#operations.session(options, async () => {
      change();
      return {};
    });
  }
}

function newInstance(request: CreateInstance, name: string): Instance {
  return {
    id: randomBytes(4).toString('hex'),
    project: request.project,
    name,
    type: request.type,
    architecture: 'x86_64',
    description: request.description,
    config: request.config,
    devices: request.devices,
    profiles: request.profiles ?? ['default'],
    ephemeral: request.ephemeral,
    image: 'fingerprint' in request.source ? request.source.fingerprint : request.source.alias,
    createdAt: new Date().toISOString(),
    lastUsedAt: undefined,
    wants: request.start ? 'running' : 'stopped',
  };
}

function viewOf({ instance, state }: { instance: Instance; state: InstanceState }): InstanceView {
  const { config, devices, profiles, description, ephemeral } = instance;
  const expanded = expand(instance, []);
  return {
    instance,
    state,
    expandedConfig: expanded.config,
    expandedDevices: expanded.devices,
    pending: state === 'running' ? [{ key: 'limits.cpu', running: undefined, configured: '2' }] : [],
    etag: etagOf({ config, devices, profiles, description, ephemeral }),
  };
}

function stateViewOf({ state }: { state: InstanceState }): InstanceStateView {
  if (state === 'stopped') {
    return {
      state,
      usage: undefined,
      disk: undefined,
      addresses: {},
      startedAt: undefined,
      isReady: false,
      failure: undefined,
    };
  }
  const link = { hostName: 'wd0a1b0123456780', mac: '00:16:3e:00:00:01' };
  const counters = {
    receivedBytes: 1,
    receivedPackets: 2,
    sentBytes: 3,
    sentPackets: 4,
    receivedErrors: 0,
    sentErrors: 0,
    receivedDropped: 5,
    sentDropped: 6,
  };
  return {
    state,
    usage: {
      cpuNanoseconds: 2n ** 60n,
      memoryBytes: 4096,
      memoryPeakBytes: 8192,
      swapBytes: 0,
      processes: 3,
      pid: 4711,
      network: { eth0: { ...link, ...counters, mtu: 1500, isUp: true } },
    },
    disk: { held: 7, limit: 9 },
    addresses: { eth0: { ...link, ipv4: '10.64.0.2/20', ipv6: 'fd42::2/64' } },
    startedAt: '2026-01-02T03:04:05.678Z',
    isReady: true,
    failure: undefined,
  };
}
