import { closeSync, openSync, readFileSync } from 'node:fs';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '#base/wait.ts';
import { Fault } from '#model/fault.ts';
import { tryLock } from '../sys/locks.ts';

/** What the daemon of one state directory has taken on this host. */
export interface Claim {
  /** Real path of the state directory. */
  directory: string;
  mark: string;
  /** Numbers of the blocks of host ids. */
  idBlocks: number[];
  /** IPv4 network of its bridge, in CIDR form. */
  subnet?: string;
}

const defaultFolder = '/run/wadah/claims';
const fileIn = (folder: string): string => path.join(folder, 'claims.json');

/** The claims as they are at this moment, for those who only look. None where no daemon has run since the boot. */
export function readClaims(folder = defaultFolder): Claim[] {
  try {
    return JSON.parse(readFileSync(fileIn(folder), 'utf8')) as Claim[];
  } catch {
    return [];
  }
}

const retryMs = 5;
const patienceMs = 10_000;

/**
 * The claims of all daemons on this host, in one small file. They end with the host's boot, as what they
 * speak of does; claims of directories that are gone are taken back by whoever reads next.
 */
export class ClaimFile {
  readonly #folder: string;

  constructor(folder = defaultFolder) {
    this.#folder = folder;
  }

  /** Runs `edit` on the claims while nobody else does, and writes what it leaves. Throws `timed-out`. */
  async edit<T>(edit: (claims: Claim[]) => T | Promise<T>): Promise<T> {
    await mkdir(this.#folder, { recursive: true, mode: 0o755 });
    const lock = await this.#lock();
    try {
      const claims = await this.#read();
      const result = await edit(claims);
      await this.#write(claims);
      return result;
    } finally {
      closeSync(lock);
    }
  }

  async #lock(): Promise<number> {
    const fd = openSync(path.join(this.#folder, 'lock'), 'a', 0o600);
    const deadline = performance.now() + patienceMs;
    while (!tryLock(fd)) {
      if (performance.now() > deadline) {
        closeSync(fd);
        throw new Fault('timed-out', `Another daemon holds the lock of ${this.#folder}`);
      }
      await sleep(retryMs);
    }
    return fd;
  }

  async #read(): Promise<Claim[]> {
    const text = await readFile(this.#file, 'utf8').catch(() => '[]');
    const claims = JSON.parse(text) as Claim[];
    const isThere = await Promise.all(
      claims.map(({ directory }) =>
        access(directory).then(
          () => true,
          () => false,
        ),
      ),
    );
    return claims.filter((_, index) => isThere[index]);
  }

  async #write(claims: readonly Claim[]): Promise<void> {
    const draft = `${this.#file}.new`;
    await writeFile(draft, `${JSON.stringify(claims, undefined, 2)}\n`);
    await rename(draft, this.#file);
  }

  get #file(): string {
    return fileIn(this.#folder);
  }
}
