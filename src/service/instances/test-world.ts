import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '#base/logger.ts';
import type { NicPlan } from '#engine/engine.ts';
import { FakeEngine } from '#engine/fake/fake-engine.ts';
import type { Pool, RootLimits } from '#host/storage/pool.ts';
import type { RootAmounts } from '#host/storage/root-usage.ts';
import { Fault } from '#model/fault.ts';
import type { Image } from '#model/image.ts';
import type { InstanceId } from '#model/instance.ts';
import type { OperationView } from '#model/operation.ts';
import { JournalledOperations } from '#operation/journalled-operations.ts';
import type { OperationHandle } from '#operation/operation.ts';
import { SmallDisk } from '#operation/small-disk.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';
import { CounterService } from '../counters/counter-service.ts';
import { EventHub } from '../events/event-hub.ts';
import type { Networks, NicRequest } from '../networks/networks.ts';
import { ImageRecords } from '../images/image-records.ts';
import { ProfileRecords } from '../profiles/profile-records.ts';
import { ExitWatcher } from '../reconcile/exits.ts';
import type { InstanceDeps } from './deps.ts';
import { InstanceService } from './instance-service.ts';
import type { CreateInstance } from './instances.ts';
import { InstanceRecords } from './records.ts';
import { Runtimes } from './runtimes.ts';
import { request } from './test-request.ts';

const fingerprint = 'f'.repeat(64);

/** Serves containers; `either`, the other one, virtual machines as well. */
const image: Image = {
  project: 'default',
  fingerprint,
  types: ['container'],
  architecture: 'x86_64',
  properties: { os: 'Test' },
  sizeBytes: 1,
  createdAt: '2026-01-01T00:00:00Z',
  uploadedAt: '2026-01-01T00:00:00Z',
  lastUsedAt: undefined,
  init: { command: ['/init'], stopSignal: 'SIGUSR2', notifiesReady: false },
  origin: 'test',
};

const either: Image = { ...image, fingerprint: 'e'.repeat(64), types: ['container', 'virtual-machine'] };

/** For tests: instances over real operations and a real store, on a host that is only remembered. */
export class TestWorld {
  readonly engine = new FakeEngine();
  readonly networks = new FakeNetworks();
  readonly machines = new FakeEngine('virtual-machine');
  readonly roots = new Set<string>();
  readonly baseDisks: string[] = [];
  readonly diskBytes = new Map<InstanceId, number>();
  /** Whether its pool limits root disks by quotas. */
  hasQuotas = false;
  readonly rootLimits = new Map<InstanceId, RootLimits>();
  /** What root disks hold. */
  readonly rootAmounts = new Map<InstanceId, RootAmounts>();
  readonly idRanges = new Set<InstanceId>();
  /** On which the store and the pool lie. */
  readonly disk: SmallDisk;
  readonly store: Store;
  readonly deps: InstanceDeps;
  readonly operations: JournalledOperations;
  readonly instances: InstanceService;
  readonly #folder: string;

  private constructor(store: Store, folder: string, disk: SmallDisk) {
    this.store = disk.under(store);
    this.disk = disk;
    this.#folder = folder;
    this.deps = this.#makeDeps();
    const leaves = {
      make: async () => undefined,
      empty: async () => {},
      enter: <T>(_: string, work: () => Promise<T>) => work(),
    };
    this.operations = new JournalledOperations({
      store: this.store,
      leaves,
      logger: silentLogger,
      borrowReserve: disk.borrow,
    });
    this.instances = new InstanceService(this.deps, this.operations, async (_, alias) => {
      if (alias === 'test') return fingerprint;
      if (alias === 'either') return either.fingerprint;
      throw new Fault('not-found', `There is no image "${alias}"`);
    });
    const watcher = new ExitWatcher(this.deps, this.operations, (instance) =>
      this.instances.deleteEphemeral(instance),
    );
    watcher.open('default', Promise.resolve());
  }

  static async make(disk = new SmallDisk()): Promise<TestWorld> {
    const store = await openMemoryStore();
    const world = new TestWorld(store, await mkdtemp(path.join(tmpdir(), 'world-')), disk);
    const alias = { project: 'default', name: 'test', description: '', fingerprint };
    await new ImageRecords(store).publish(image, alias);
    const other = { ...alias, name: 'either', fingerprint: either.fingerprint };
    await new ImageRecords(store).publish(either, other);
    const profile = { project: 'default', name: 'default', description: '', config: {} };
    await world.deps.profiles.create({
      ...profile,
      devices: { eth0: { type: 'nic' }, root: { type: 'disk', path: '/' } },
    });
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  /** Creates an instance and waits for the end of the operation, whatever it is. */
  async create(over: Partial<CreateInstance> = {}): Promise<OperationView> {
    return this.ended(this.instances.create(request(over)));
  }

  async ended(operation: Promise<OperationHandle>): Promise<OperationView> {
    return (await operation).finished;
  }

  async id(name: string): Promise<InstanceId> {
    return (await this.instances.get('default', name)).instance.id;
  }

  /** Everything that instances hold: empty when none is there. */
  holdings(): Record<string, number> {
    const engines = [this.engine, this.machines];
    return {
      runs: engines.reduce((sum, { runs }) => sum + runs.size, 0),
      remains: engines.reduce((sum, { remains }) => sum + remains.size, 0),
      roots: this.roots.size,
      idRanges: this.idRanges.size,
      nics: this.networks.reserved.size,
      admitted: this.networks.admitted.size,
      runtimes: this.deps.runtimes.all().length,
    };
  }

  #makeDeps(): InstanceDeps {
    const events = new EventHub(silentLogger);
    const records = new InstanceRecords(this.store);
    const runtimes = new Runtimes(this.store);
    const engines = new Map([this.engine, this.machines].map((engine) => [engine.type, engine]));
    const pool = this.#pool();
    const shared = { records, runtimes, engines, pool, events, logger: silentLogger };
    return {
      ...shared,
      counters: new CounterService({ ...shared, nodeStore: this.store }),
      profiles: new ProfileRecords(this.store),
      images: new ImageRecords(this.store),
      networks: this.networks,
      idRanges: {
        claim: async (id) => {
          this.idRanges.add(id);
          return { base: 65_536, size: 65_536 };
        },
        release: async (id) => void this.idRanges.delete(id),
      },
    };
  }

  #pool(): Pool {
    const notNeeded = () => Promise.reject(new Error('instances do not use this'));
    return {
      makeBuildFolder: notNeeded,
      removeBuildFolder: notNeeded,
      publishImage: notNeeded,
      removeImage: notNeeded,
      imageFolder: (name) => path.join(this.#folder, name),
      makeRoot: async (id) => {
        this.disk.write();
        await mkdir(path.join(this.#folder, id), { recursive: true });
        this.roots.add(id);
      },
      rootLayers: (id) => ({ lower: [], upper: path.join(this.#folder, id), work: '' }),
      makeBaseDisk: async (print) => void this.baseDisks.push(print),
      makeDisk: async (id, _, sizeBytes) => {
        this.disk.write();
        this.roots.add(id);
        this.diskBytes.set(id, sizeBytes);
      },
      disk: (id) => ({ path: path.join(this.#folder, id), base: this.#folder, uuid: 'u-u-i-d' }),
      openRoot: async () => {},
      rootUsage: async (id) => ({ amounts: this.rootAmounts.get(id) ?? {}, abilities: {} }),
      isRootLimitedLive: () => this.hasQuotas,
      limitRoot: async (id, limits) => void this.rootLimits.set(id, limits),
      closeRoot: async () => {},
      removeRoot: async (id) => void this.roots.delete(id),
      contents: async () => ({ roots: [...this.roots], images: [fingerprint], builds: [] }),
      space: async () => ({ totalBytes: 2, freeBytes: 1 }),
      clearTrash: async () => {},
    };
  }
}

class FakeNetworks implements Networks {
  readonly reserved = new Map<string, NicPlan>();
  readonly admitted = new Set<string>();
  readonly names = new Map<InstanceId, string>();

  async open(): Promise<void> {}
  async close(): Promise<void> {}
  async remove(): Promise<void> {}

  async reserve({ id, device, instanceName }: NicRequest): Promise<NicPlan> {
    const plan: NicPlan = {
      name: device,
      hostName: `w${id}`,
      bridge: 'br0',
      mac: '00:16:3e:00:00:01',
      mtu: undefined,
      ipv4: { address: '10.0.0.2/20', gateway: '10.0.0.1' },
      ipv6: undefined,
    };
    this.reserved.set(`${id}/${device}`, plan);
    this.names.set(id, instanceName);
    return plan;
  }

  find(id: InstanceId, device: string): NicPlan | undefined {
    return this.reserved.get(`${id}/${device}`);
  }

  devicesOf(id: InstanceId): string[] {
    return [...this.reserved.keys()]
      .filter((key) => key.startsWith(`${id}/`))
      .map((key) => key.slice(id.length + 1));
  }

  async admit(id: InstanceId, device: string): Promise<void> {
    this.admitted.add(`${id}/${device}`);
  }

  async dismiss(id: InstanceId, device: string): Promise<void> {
    this.admitted.delete(`${id}/${device}`);
  }

  async release(id: InstanceId, device: string): Promise<void> {
    this.reserved.delete(`${id}/${device}`);
  }

  async rename(id: InstanceId, name: string): Promise<void> {
    this.names.set(id, name);
  }

  resolver(): { nameservers: string[]; search: string } {
    return { nameservers: ['10.0.0.1'], search: 'wadah' };
  }

  bridge(): { name: string; ipv4: string; ipv6: undefined } {
    return { name: 'br0', ipv4: '10.0.0.1/20', ipv6: undefined };
  }
}
