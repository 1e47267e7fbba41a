import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '#base/logger.ts';
import { orAborted } from '#base/wait.ts';
import type { Programs } from '#host/process/programs.ts';
import { DirPool } from '#host/storage/dir-pool.ts';
import type { Recipe } from '#image/recipe.ts';
import type { Instance } from '#model/instance.ts';
import type { OperationView } from '#model/operation.ts';
import { JournalledOperations } from '#operation/journalled-operations.ts';
import type { OperationHandle } from '#operation/operation.ts';
import { SmallDisk } from '#operation/small-disk.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';
import { EventHub } from '../events/event-hub.ts';
import type { ImageDeps } from './deps.ts';
import { ImageRecords } from './image-records.ts';
import { ImageService } from './image-service.ts';
import type { BuildImage } from './images.ts';

export const noLeaves = {
  make: async () => undefined,
  empty: async () => {},
  enter: <T>(_: string, work: () => Promise<T>) => work(),
};

/** rm without starting a program, since a test of every crash deletes hundreds of trees; the rest does nothing. */
const programs: Programs = {
  run: async (argv) => {
    if (argv[0] === 'rm') await rm(argv.at(-1) as string, { recursive: true, force: true });
    return { exitCode: 0, stdout: '', stderr: '' };
  },
  spawn: () => Promise.reject(new Error('a pool spawns nothing')),
};

/** For tests: images over real operations and a real pool, by recipes that write one file. */
export class TestImages implements AsyncDisposable {
  readonly folder: string;
  /** On which the store lies. */
  readonly disk: SmallDisk;
  readonly store: Store;
  readonly pool: DirPool;
  /** What the tree of the next build contains. */
  text = 'text';
  /** Called in the middle of a build; may throw or wait. */
  during: (signal: AbortSignal) => Promise<void> | void = () => {};
  readonly users: Instance[] = [];
  readonly happened: string[] = [];
  readonly deps: ImageDeps;
  readonly operations: JournalledOperations;
  readonly images: ImageService;

  private constructor(folder: string, store: Store, pool: DirPool, disk: SmallDisk) {
    this.folder = folder;
    this.store = disk.under(store);
    this.disk = disk;
    this.pool = pool;
    this.deps = this.#makeDeps();
    this.operations = new JournalledOperations({
      store: this.store,
      leaves: noLeaves,
      logger: silentLogger,
      borrowReserve: disk.borrow,
    });
    this.images = new ImageService(this.deps, this.operations);
  }

  static async make(disk = new SmallDisk()): Promise<TestImages> {
    const folder = await mkdtemp(join(tmpdir(), 'wadah-images-'));
    const pool = await DirPool.open(join(folder, 'pool'), programs, { reserveBytes: 0 });
    return new TestImages(folder, await openMemoryStore(), pool, disk);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  /** Builds and waits for the end of the operation, whatever it is. */
  async build(over: Partial<BuildImage> = {}): Promise<OperationView> {
    return (await this.begin(over)).finished;
  }

  async begin(over: Partial<BuildImage> = {}): Promise<OperationHandle> {
    return this.images.build({
      project: 'default',
      recipe: 'small',
      alias: undefined,
      force: false,
      ...over,
    });
  }

  /** Makes the next build wait in its middle until it is let go or cancelled. `begun` resolves when it waits. */
  holdBuild(): { begun: Promise<void>; letGo: () => void } {
    let letGo: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const begun = new Promise<void>((resolve) => {
      this.during = (signal) => {
        resolve();
        return orAborted(gate, signal);
      };
    });
    return { begun, letGo };
  }

  #makeDeps(): ImageDeps {
    const events = new EventHub(silentLogger);
    events.subscribe((event) => {
      if (event.type === 'lifecycle') this.happened.push(event.action);
    });
    return {
      records: new ImageRecords(this.store),
      instances: { list: async () => this.users },
      pool: this.pool,
      recipes: new Map(['small', 'other/1'].map((name) => [name, this.#recipe(name)])),
      events,
    };
  }

  #recipe(name: string): Recipe {
    return {
      name,
      description: `The ${name} image`,
      types: ['container'],
      architecture: 'x86_64',
      properties: { os: 'Test' },
      init: { command: ['/init'], stopSignal: 'SIGUSR2', notifiesReady: false },
      buildBytes: 1024,
      build: async (folder, signal, report) => {
        report({ stage: 'Writing', percent: 50 });
        this.disk.write();
        await mkdir(join(folder, 'rootfs'));
        await this.during(signal);
        await writeFile(join(folder, 'rootfs/file'), `${name} ${this.text}`);
      },
    };
  }
}
