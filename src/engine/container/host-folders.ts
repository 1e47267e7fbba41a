import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unmountBelow } from '#host/mount/unmount-below.ts';
import { removePlaces } from './mounted-root.ts';

/** Folders that all containers of a daemon share. */
export class HostFolders {
  /** One for each instance that runs. */
  readonly instances: string;
  /** Where roots of instances that do not run are mounted for a moment. */
  readonly mounts: string;
  /** crun's own notes on containers. */
  readonly crun: string;

  /** `run`: the daemon's runtime folder. */
  constructor(run: string) {
    this.instances = join(run, 'instances');
    this.mounts = join(run, 'mounts');
    this.crun = join(run, 'crun');
  }

  /** There already: only clears what a daemon that was killed had in its hands. */
  async make(): Promise<void> {
    await unmountBelow(this.mounts);
    for (const folder of this.#all()) await mkdir(folder, { recursive: true, mode: 0o700 });
    await removePlaces(this.mounts);
    // crun goes to an instance's root file system as the guest's root, who is nobody here.
    await chmod(this.instances, 0o711);
  }

  async remove(): Promise<void> {
    await unmountBelow(this.mounts);
    for (const folder of this.#all()) await rm(folder, { recursive: true, force: true });
  }

  #all(): string[] {
    return [this.instances, this.mounts, this.crun];
  }
}
