import { chownSync, existsSync, type FSWatcher, mkdirSync, watch, writeFileSync } from 'node:fs';
import { appendFile, open, truncate, stat } from 'node:fs/promises';
import { systemErrorCode } from '#host/sys/libc.ts';
import { mountFlags, mountSync, unmountFlags, unmountSync } from '#host/sys/mounts.ts';

const wholeBytes = 1024 * 1024;
const rotateAtBytes = wholeBytes / 2;
const keptBytes = 128 * 1024;
const restMs = 1000;

/** Where it lies in an instance's runtime folder. */
interface Places {
  /** Mount point of its small file system. */
  console: string;
  consoleLog: string;
  consoleInput: string;
}

/**
 * What an instance's init and its consoles print. A file, so that nothing of ours has to be there when init writes,
 * on a file system of its own of 1 MiB, so that a guest can fill nothing else. A daemon that lives keeps it from
 * filling up.
 */
export class ConsoleLog {
  readonly #path: string;
  #watcher: FSWatcher | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(places: Places) {
    this.#path = places.consoleLog;
  }

  /**
   * Makes the files; `owner` is the guest's root, who may open its own standard output again by name. They are in
   * memory, so nothing here waits.
   */
  static make(places: Places, owner: number): ConsoleLog {
    mkdirSync(places.console);
    const flags = mountFlags.noSuid | mountFlags.noDev | mountFlags.noExec;
    const data = `mode=700,size=${wholeBytes},nr_inodes=8`;
    mountSync({ source: 'console', target: places.console, type: 'tmpfs', flags, data });
    for (const file of [places.consoleLog, places.consoleInput]) {
      writeFileSync(file, '', { mode: 0o600 });
      chownSync(file, owner, owner);
    }
    return new ConsoleLog(places);
  }

  /** Takes the files away; nothing there: succeeds. */
  static remove({ console }: Places): void {
    try {
      unmountSync(console, unmountFlags.detach | unmountFlags.noFollow);
    } catch (error) {
      if (!['EINVAL', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
    }
  }

  /** Keeps room in it until `close`. */
  open(): void {
    if (!existsSync(this.#path)) return; // somebody took it away; the guest does without
    this.#watcher = watch(this.#path, { persistent: false }, () => this.#written());
    this.#watcher.on('error', () => this.close()); // the instance is gone
  }

  close(): void {
    this.#watcher?.close();
    clearTimeout(this.#rest);
  }

  /** The newest text, at most 128 KiB. */
  async read(): Promise<string> {
    const file = await open(this.#path, 'r');
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.min(size, keptBytes));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, Math.max(0, size - buffer.length));
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async append(text: Buffer): Promise<void> {
    await appendFile(this.#path, text);
  }

  async clear(): Promise<void> {
    await truncate(this.#path);
  }

  /** Looks at most once in a second: a guest that prints without end must not keep the daemon busy. */
  #written(): void {
    this.close();
    this.#rest = setTimeout(() => {
      this.open();
      this.#makeRoom().catch(() => this.close()); // the instance is gone
    }, restMs).unref();
  }

  async #makeRoom(): Promise<void> {
    const { size } = await stat(this.#path);
    if (size < rotateAtBytes) return;
    const newest = await this.read();
    await this.clear();
    await this.append(Buffer.from(newest));
  }
}
