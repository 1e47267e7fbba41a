import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '#model/fault.ts';
import { tryLock } from '../sys/locks.ts';

/** The right to work on a state directory. The kernel gives it back when the daemon ends, however it ends. */
export class DaemonLock {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Throws `busy`, with the pid of the holder, while another daemon has it. */
  static take(directory: string): DaemonLock {
    const path = join(directory, 'lock');
    const fd = openSync(path, 'a', 0o600);
    if (!tryLock(fd)) {
      closeSync(fd);
      throw alreadyTaken(directory, readFileSync(path, 'utf8').trim());
    }
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`);
    return new DaemonLock(fd);
  }

  /** Pid of the daemon that works on the directory, if one does. */
  static findHolder(directory: string): number | undefined {
    const path = join(directory, 'lock');
    const fd = openSync(path, 'a', 0o600);
    try {
      return tryLock(fd) ? undefined : Number(readFileSync(path, 'utf8')) || undefined;
    } finally {
      closeSync(fd);
    }
  }

  release(): void {
    closeSync(this.#fd);
  }
}

function alreadyTaken(directory: string, pid: string): Fault {
  return new Fault('busy', `Another daemon (process ${pid || 'unknown'}) works on ${directory}`, {
    hint: `End it first (kill ${pid || 'PID'}), or choose another folder with WADAH_DIR.`,
  });
}
