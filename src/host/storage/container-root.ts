import type { Stats } from 'node:fs';
import { access, chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '../process/programs.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { copyUpper } from './copy-upper.ts';
import { holdsMore } from './faults.ts';
import { makeFolder } from './make-folder.ts';
import type { RootLayers, RootLimits } from './pool.ts';
import type { ProjectQuotas } from './project-quotas.ts';
import {
  amountsBelow,
  folderAbilities,
  quotaAbilities,
  type RootAmounts,
  type RootUsage,
  volumeAbilities,
} from './root-usage.ts';
import { RootVolume, type VolumeSize } from './root-volume.ts';

export interface RootGround {
  programs: Programs;
  /** Of the pool's file system, if it has some. */
  quotas: ProjectQuotas | undefined;
  /** Deletes something in the pool. */
  discard(path: string): Promise<void>;
  poolBytes(): Promise<number>;
}

/**
 * A container's root disk, in a folder of its own. Where the pool's file system has quotas they limit it; elsewhere one
 * that has limits is in a file system of its own.
 */
export class ContainerRoot {
  readonly #id: string;
  readonly #folder: string;
  readonly #ground: RootGround;
  readonly #volume: RootVolume;

  constructor(id: string, folder: string, ground: RootGround) {
    this.#id = id;
    this.#folder = folder;
    this.#ground = ground;
    this.#volume = new RootVolume(folder, ground.programs);
  }

  get layers(): Pick<RootLayers, 'upper' | 'work'> {
    const root = this.#volume.exists ? this.#volume.place : this.#folder;
    return { upper: join(root, 'upper'), work: join(root, 'work') };
  }

  /** An empty one, which looks from its top as the image does. There already: changes nothing. */
  async make(base: Pick<Stats, 'uid' | 'gid' | 'mode'>): Promise<void> {
    const { upper, work } = this.layers;
    if (await exists(work)) return;
    await makeFolder(this.#folder);
    this.#ground.quotas?.claim(this.#folder, this.#id);
    await makeFolder(upper);
    // The upper layer's folder, not the lower's, is what the guest sees as its /.
    await chown(upper, base.uid, base.gid);
    await chmod(upper, base.mode & 0o7777);
    await mkdir(work, { mode: 0o700 }); // last: it says that the rest is done
  }

  async open(limits: RootLimits): Promise<void> {
    const quotas = this.#quotas();
    if (quotas) return quotas.limit(this.#id, limits);
    const { sizeBytes, inodes } = limits;
    const volume = this.#volume;
    if (!volume.exists && sizeBytes === undefined && inodes === undefined) return;
    const wanted = { sizeBytes: sizeBytes ?? (await this.#ground.poolBytes()), inodes };
    if (!volume.exists || !(await volume.isMadeFor(inodes))) await this.#moveIntoVolume(wanted);
    await volume.open(wanted.sizeBytes);
  }

  /** Whether any limit can be changed while it is open, also the first one. */
  get isLimitedLive(): boolean {
    return this.#quotas() !== undefined;
  }

  async limit(limits: RootLimits): Promise<void> {
    const quotas = this.#quotas();
    if (quotas) quotas.limit(this.#id, limits);
    else if (limits.sizeBytes !== undefined) await this.#volume.limit(limits.sizeBytes);
  }

  async close(): Promise<void> {
    await this.#volume.close();
  }

  /** To be called before its folder is deleted. */
  async release(): Promise<void> {
    await this.close();
    this.#quotas()?.release(this.#id);
  }

  async usage({ isWhole }: { isWhole: boolean }): Promise<RootUsage> {
    if (this.#volume.exists) {
      return { amounts: await this.#volume.amounts().catch(nothingIfGone), abilities: volumeAbilities };
    }
    const quotas = this.#quotas();
    if (quotas) return { amounts: quotas.amounts(this.#id), abilities: quotaAbilities };
    const amounts = isWhole ? await amountsBelow(this.#ground.programs, this.layers.upper) : {};
    return { amounts, abilities: folderAbilities };
  }

  /** One that was made before the file system had quotas is none of theirs. */
  #quotas(): ProjectQuotas | undefined {
    const { quotas } = this.#ground;
    return !this.#volume.exists && quotas?.isClaimed(this.#folder, this.#id) ? quotas : undefined;
  }

  /** What is there stays as it is until all of it is in the new volume, and the volume has its name only then. */
  async #moveIntoVolume(size: VolumeSize): Promise<void> {
    const { programs, discard } = this.#ground;
    const isVolume = this.#volume.exists;
    const { upper } = this.layers;
    if (isVolume) await this.#volume.mount();
    await this.#requireInodes(upper, size);
    await this.#volume.make(size, async (place) => {
      await copyUpper(programs, upper, join(place, 'upper'));
      await mkdir(join(place, 'work'), { mode: 0o700 });
    });
    if (!isVolume) for (const part of ['upper', 'work']) await discard(join(this.#folder, part));
  }

  async #requireInodes(upper: string, { inodes: wanted }: VolumeSize): Promise<void> {
    if (wanted === undefined) return;
    const held = (await amountsBelow(this.#ground.programs, upper)).inodes?.held ?? 0;
    if (held > wanted) throw holdsMore(`${wanted} inodes`, String(held));
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Of a disk that is deleted at this moment. */
function nothingIfGone(error: unknown): RootAmounts {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
  return {};
}
