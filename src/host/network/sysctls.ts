import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The kernel's settings, by their path below /proc/sys: `net/ipv4/ip_forward`. Reading and writing never waits. */
export interface Sysctls {
  /** `undefined` when the kernel has no such setting. */
  read(key: string): string | undefined;
  write(key: string, value: string): void;
  /** Names of the folders and settings in a folder; none when it is not there. */
  list(folder: string): string[];
}

/** The network settings among them are those of the network namespace of the thread that asks. */
export class ProcSysctls implements Sysctls {
  readonly #root = '/proc/sys';

  read(key: string): string | undefined {
    return unlessMissing(() => readFileSync(path.join(this.#root, key), 'utf8').trim());
  }

  write(key: string, value: string): void {
    writeFileSync(path.join(this.#root, key), value);
  }

  list(folder: string): string[] {
    return unlessMissing(() => readdirSync(path.join(this.#root, folder))) ?? [];
  }
}

/**
 * Changes settings of the whole host and puts them back. What they were is kept in `folder`, which all daemons
 * of the host share and which vanishes at a reboot, as the changes do.
 */
export class BorrowedSysctls {
  readonly #sysctls: Sysctls;
  readonly #folder: string;

  constructor(sysctls: Sysctls, folder: string) {
    this.#sysctls = sysctls;
    this.#folder = folder;
  }

  /** What it changed, for people (`net.ipv4.ip_forward: 0 → 1`); `undefined` when it had that value already. */
  set(key: string, value: string): string | undefined {
    const was = this.#sysctls.read(key);
    if (was === undefined || was === value) return undefined;
    mkdirSync(this.#folder, { recursive: true });
    try {
      writeFileSync(this.#noteOf(key), `${was}\n${value}`, { flag: 'wx' });
    } catch (error) {
      // Another daemon changed it first: what it was then is what it goes back to.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    this.#sysctls.write(key, value);
    return `${key.replaceAll('/', '.')}: ${was} → ${value}`;
  }

  /** Puts back all that any daemon of this host changed, unless somebody else has changed it since. */
  restore(): void {
    for (const name of unlessMissing(() => readdirSync(this.#folder)) ?? []) {
      const key = decodeURIComponent(name);
      const [was = '', value] = readFileSync(this.#noteOf(key), 'utf8').split('\n');
      if (this.#sysctls.read(key) === value) this.#sysctls.write(key, was);
      rmSync(this.#noteOf(key));
    }
  }

  #noteOf(key: string): string {
    return path.join(this.#folder, encodeURIComponent(key));
  }
}

function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
