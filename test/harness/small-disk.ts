import { mkdir, mkdtemp, open, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { fillDisk, junkFiles } from './fill-disk.ts';

/** A file system of its own that can be filled. */
export class SmallDisk {
  /** Where it is mounted. */
  readonly place: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.place = path.join(folder, 'mnt');
  }

  /** Empty at first, for a daemon. */
  get stateFolder(): string {
    return path.join(this.place, 'state');
  }

  static async make(sizeBytes: number): Promise<SmallDisk> {
    const disk = new SmallDisk(await mkdtemp('/var/tmp/wadah-full-'));
    const file = path.join(disk.#folder, 'disk');
    await (await open(file, 'w')).close();
    await truncate(file, sizeBytes);
    await execa('mkfs.ext4', ['-q', '-m', '0', file]);
    // Daemons in other mount namespaces take back claims of folders that they do not see.
    await mkdir(disk.stateFolder, { recursive: true });
    await execa('mount', ['-o', 'loop', file, disk.place]);
    await mkdir(disk.stateFolder);
    return disk;
  }

  /** Takes the last block. */
  fill(): void {
    fillDisk(this.place);
  }

  /** Gives back what `fill` took. */
  async makeRoom(): Promise<void> {
    for (const file of junkFiles(this.place)) await rm(file, { force: true });
  }

  async remove(): Promise<void> {
    await execa('umount', [this.place]);
    await rm(this.#folder, { recursive: true });
  }
}
