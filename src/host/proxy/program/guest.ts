import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { KeyedLock } from '#base/keyed-lock.ts';
import { settlesWithin } from '#base/wait.ts';
import { Fault } from '#model/fault.ts';
import { parseMountinfo } from '../../mount/mountinfo.ts';
import { isAlive } from '../../process/proc.ts';
import { inNetworkNamespace } from '../../sys/namespaces.ts';
import { O_PATH, openWithin } from '../../sys/open-within.ts';
import { openPidfd, signalPidfd } from '../../sys/processes.ts';
import type { RunningGuest } from '../protocol.ts';

const patienceMs = 5_000;
/** What may ask others before it answers: those of the guest need not. */
const waitsForOthers = /^(fuse|overlay|nfs|9p|cifs|smb|ceph|afs)/;

/**
 * The inside of a container. Nothing is held but a descriptor of its init, which keeps neither its namespaces nor its
 * disk: whatever is needed is looked up when it is needed, and only as long as that very process lives.
 */
export class Guest {
  readonly #guest: RunningGuest;
  readonly #pidfd: number;
  readonly #walks = new KeyedLock();
  /** A path of its does not answer, and holds a thread. */
  #isStuck = false;
  #isClosed = false;

  /** Throws `wrong-state` when it has ended. */
  constructor(guest: RunningGuest) {
    this.#guest = guest;
    this.#pidfd = openPidfd(guest.pid);
    if (isAlive(guest.pid, guest.startTime)) return;
    this.close();
    throw this.#ended();
  }

  /** Who a user of the guest is on the host. */
  hostId(id: number): number {
    return this.#guest.idBase + id;
  }

  /** Runs `work`, which is synchronous, in its network. */
  inNetwork<T>(work: () => T): T {
    return inNetworkNamespace(`/proc/${this.#guest.pid}/ns/net`, () => {
      this.#requireAlive(); // else it is the namespace of another process with that number
      return work();
    });
  }

  /**
   * Runs `work`, which is synchronous, with a descriptor of what a path of the guest's means to the guest. A file system
   * of its own that answers nobody holds up a thread, one for each guest, and nothing else. Throws `host`, `timed-out`.
   */
  async withPath<T>(path: string, work: (fd: number) => T): Promise<T> {
    return withDescriptor(await this.#walks.run('', () => this.#walk(path)), work);
  }

  /** Whoever is still on the way gets no further. */
  close(): void {
    this.#isClosed = true;
    closeSync(this.#pidfd);
  }

  async #walk(path: string): Promise<number> {
    if (this.#isStuck) throw noAnswer(path);
    const root = openSync(`/proc/${this.#guest.pid}/root`, O_PATH | constants.O_DIRECTORY);
    const walking = this.#open(root, path).finally(() => {
      this.#isStuck = false;
      closeSync(root);
    });
    if (await settlesWithin(walking, patienceMs)) return walking;
    this.#isStuck = true;
    walking.then(closeSync, () => undefined);
    throw noAnswer(path);
  }

  async #open(root: number, path: string): Promise<number> {
    this.#requireAlive();
    const fd = await openWithin({ folder: root, path, flags: O_PATH, how: 'in-root' });
    try {
      this.#requireProperFileSystem(mountOf(fd), mountOf(root), path);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** What is done with it then is done by the one thread that serves all. */
  #requireProperFileSystem(mount: number, root: number, path: string): void {
    if (mount === root) return;
    const mounts = parseMountinfo(readFileSync(`/proc/${this.#guest.pid}/mountinfo`, 'utf8'));
    const type = mounts.find(({ id }) => id === mount)?.type ?? '';
    if (type !== '' && !waitsForOthers.test(type)) return;
    throw new Fault('unsupported', `${path} inside lies on a file system of the type ${type}`, {
      hint: 'Sockets can be in the root file system and in tmpfs, such as /run.',
    });
  }

  #requireAlive(): void {
    if (this.#isClosed || !signalPidfd(this.#pidfd, 0)) throw this.#ended();
  }

  #ended(): Fault {
    return new Fault('wrong-state', `The instance ${this.#guest.id} has ended`);
  }
}

const mountOf = (fd: number): number =>
  Number(/^mnt_id:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]);

const noAnswer = (path: string): Fault =>
  new Fault('timed-out', `The path ${path} inside does not answer`, {
    hint: 'A file system that was mounted on the way to it hangs; see there: grep fuse /proc/mounts',
  });

export function withDescriptor<T>(fd: number, work: (fd: number) => T): T {
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}
