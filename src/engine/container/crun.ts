import { closeSync, fchmodSync, readFileSync, statSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Programs } from '#host/process/programs.ts';
import { findProgram } from '#host/process/find-program.ts';
import { makeMemoryFile, sealMemoryFile } from '#host/sys/memfd.ts';
import { Fault, isFault } from '#model/fault.ts';

const oldest = { major: 1, minor: 8 };

/** The program crun: which one, and how it is called. */
export class Crun {
  /** crun's own notes on containers; a folder for each. */
  readonly stateFolder: string;
  #sealed: { fd: number; of: string } | undefined;

  constructor(stateFolder: string) {
    this.stateFolder = stateFolder;
  }

  /** `1.8.1`. Throws `unsupported` when it is missing or too old. */
  async version(programs: Programs): Promise<string> {
    const { stdout } = await programs.run(['crun', '--version'], { purpose: 'ask crun for its version' });
    const version = /^crun version (\S+)/m.exec(stdout)?.[1] ?? 'of unknown version';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return version;
    throw new Fault('unsupported', `crun ${version} is too old`, {
      hint: `Install crun ${oldest.major}.${oldest.minor} or newer: apt-get install crun`,
    });
  }

  /** A command line; `log` gets what goes wrong, one JSON object a line. Its groups are no business of crun's. */
  command(log: string, ...args: string[]): string[] {
    const options = ['--root', this.stateFolder, '--log', log, '--log-format', 'json'];
    return [this.#program(), ...options, '--cgroup-manager=disabled', ...args];
  }

  close(): void {
    if (this.#sealed) closeSync(this.#sealed.fd);
    this.#sealed = undefined;
  }

  /**
   * crun copies itself into a sealed file in memory at every start, lest a guest overwrite it, and then starts
   * again from there. Given such a file, it does not: that is half of the time it needs to begin.
   */
  #program(): string {
    const file = findProgram('crun');
    const { ino, mtimeMs } = statSync(file);
    const of = `${file} ${ino} ${mtimeMs}`; // another one after an upgrade
    if (this.#sealed?.of !== of) {
      this.close();
      const fd = sealedCopy(file);
      if (fd === undefined) return file;
      this.#sealed = { fd, of };
    }
    return `/proc/${process.pid}/fd/${this.#sealed.fd}`;
  }
}

/** `undefined` on hosts that do not let files in memory be executed (sysctl vm.memfd_noexec). */
function sealedCopy(file: string): number | undefined {
  let fd: number | undefined;
  try {
    fd = makeMemoryFile('crun');
    writeSync(fd, readFileSync(file));
    fchmodSync(fd, 0o755);
    sealMemoryFile(fd);
    return fd;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    if (isFault(error, 'host')) return undefined;
    throw error;
  }
}

/** The last message in a log of crun's; `undefined` when there is none. */
export async function crunMessage(log: string): Promise<string | undefined> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const last = text.trim().split('\n').at(-1);
  if (!last) return undefined;
  const { msg } = JSON.parse(last) as { msg?: string };
  return msg;
}
