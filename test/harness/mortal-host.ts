import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, copyFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { sleep } from '#base/wait.ts';
import { common, daemon } from '../../scripts/lib/programs.mjs';
import { deathsVariable } from './death-points.ts';
import { type FullDiskPlan, fullDiskVariable } from './full-disk-plan.ts';
import { impatienceVariable } from './impatience.ts';
import { eventually, TestHost } from './host.ts';
import { type ImageChoice, seedImage, type SeedOptions } from './images.ts';
import { TestNetwork } from './netns.ts';

const root = path.join(import.meta.dirname, '../..');

/** A throw-away daemon that can be told to die at a boundary of a step. It runs the product's own code otherwise. */
export class MortalHost extends TestHost {
  readonly #deaths: string;
  readonly #fullDisk: string;
  readonly #folder: string;
  #isImpatient: Record<string, string> = {};

  constructor(directory: string, network: TestNetwork, folder: string) {
    super(directory, network, path.join(folder, 'bin/wadahd'));
    this.#folder = folder;
    this.#deaths = path.join(folder, 'deaths');
    this.#fullDisk = path.join(folder, 'full-disk');
  }

  override get env(): Record<string, string> {
    const plans = { [deathsVariable]: this.#deaths, [fullDiskVariable]: this.#fullDisk };
    return { ...super.env, ...plans, ...this.#isImpatient };
  }

  /** From its next start on, it waits for a tenth of the time where it would wait long. */
  makeImpatient(): void {
    this.#isImpatient = { [impatienceVariable]: '1' };
  }

  /** Where it dies, each time once; daemon after daemon, in this order. */
  async setDeaths(points: readonly string[]): Promise<void> {
    await writeFile(this.#deaths, JSON.stringify(points));
  }

  /** When its disk becomes full. */
  async planFullDisk(plan: Omit<FullDiskPlan, 'id'>): Promise<void> {
    await rm(`${this.#fullDisk}.done`, { force: true });
    await writeFile(`${this.#fullDisk}.new`, JSON.stringify({ ...plan, id: randomUUID() }));
    await rename(`${this.#fullDisk}.new`, this.#fullDisk);
  }

  /** From now on nothing fills it. Returns whether it is full. */
  async dropFullDiskPlan(): Promise<boolean> {
    const dropped = rename(this.#fullDisk, `${this.#fullDisk}.dropped`);
    const isDropped = await dropped.then(
      () => true,
      () => false, // the daemon has taken it
    );
    if (isDropped) return false;
    await eventually(() => access(`${this.#fullDisk}.done`));
    return true;
  }

  /** Starts daemon after daemon until one lives and answers. Returns how many have died. */
  async startUntilAlive(): Promise<number> {
    for (let deaths = 0; ; deaths += 1) {
      try {
        await this.startDaemon();
        return deaths;
      } catch (error) {
        if (this.hasDaemon || deaths > 100) throw error;
      }
    }
  }

  /** Waits for it to die by itself. */
  async died(): Promise<void> {
    await eventually(async () => {
      if (this.hasDaemon) throw new Error(`the daemon does not die`);
    });
  }

  /** Starts a daemon and kills it so much later, most likely before it is ready. */
  async startAndKill(afterMs: number): Promise<void> {
    const process = this.launchDaemon();
    const ended = once(process, 'exit');
    await Promise.race([sleep(afterMs), ended]);
    await this.endDaemon('SIGKILL');
  }

  override async remove(): Promise<void> {
    await this.setDeaths([]);
    await super.remove();
    await rm(this.#folder, { recursive: true });
  }
}

/** A running mortal daemon. Call `remove` in `afterAll`. */
export async function makeMortalHost(...images: ImageChoice[]): Promise<MortalHost> {
  return makeMortalHostIn(await mkdtemp('/var/tmp/wadah-it-'), images);
}

/** As `makeMortalHost`, with its state in an empty folder of the caller's. */
export async function makeMortalHostIn(
  directory: string,
  images: readonly ImageChoice[],
  options: SeedOptions = {},
): Promise<MortalHost> {
  const folder = await mkdtemp('/var/tmp/wadah-mortal-');
  await bundleInto(folder);
  for (const image of images) await seedImage(directory, image, options);
  const host = new MortalHost(directory, await TestNetwork.make(), folder);
  await host.setDeaths([]);
  await host.startDaemon();
  return host;
}

/** The layout of this checkout, with another daemon in it. */
async function bundleInto(folder: string): Promise<void> {
  await build({
    ...common,
    ...daemon,
    entryPoints: ['test/harness/mortal-daemon.ts'],
    outfile: path.join(folder, 'dist/wadahd.mjs'),
    write: true,
  });
  await mkdir(path.join(folder, 'bin'));
  await copyFile(path.join(root, 'bin/wadahd'), path.join(folder, 'bin/wadahd'));
  for (const program of ['kvm-engine.mjs', 'guest-paths.mjs', 'proxy.mjs']) {
    await copyFile(path.join(root, 'dist', program), path.join(folder, 'dist', program));
  }
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
}
