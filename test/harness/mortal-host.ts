import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { sleep } from '#base/wait.ts';
import { common, daemon } from '../../scripts/lib/programs.mjs';
import { deathsVariable } from './death-points.ts';
import { impatienceVariable } from './impatience.ts';
import { eventually, TestHost } from './host.ts';
import { type ImageChoice, seedImage } from './images.ts';
import { TestNetwork } from './netns.ts';

const root = path.join(import.meta.dirname, '../..');

/** A throw-away daemon that can be told to die at a boundary of a step. It runs the product's own code otherwise. */
export class MortalHost extends TestHost {
  readonly #deaths: string;
  readonly #folder: string;
  #isImpatient: Record<string, string> = {};

  constructor(directory: string, network: TestNetwork, folder: string) {
    super(directory, network, path.join(folder, 'bin/wadahd'));
    this.#folder = folder;
    this.#deaths = path.join(folder, 'deaths');
  }

  override get env(): Record<string, string> {
    return { ...super.env, [deathsVariable]: this.#deaths, ...this.#isImpatient };
  }

  /** From its next start on, it waits for a tenth of the time where it would wait long. */
  makeImpatient(): void {
    this.#isImpatient = { [impatienceVariable]: '1' };
  }

  /** Where it dies, each time once; daemon after daemon, in this order. */
  async setDeaths(points: readonly string[]): Promise<void> {
    await writeFile(this.#deaths, JSON.stringify(points));
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
  const folder = await mkdtemp('/var/tmp/wadah-mortal-');
  await bundleInto(folder);
  const directory = await mkdtemp('/var/tmp/wadah-it-');
  for (const image of images) await seedImage(directory, image);
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
