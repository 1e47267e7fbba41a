import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

export interface LxcResult {
  stdout: string;
  stderr: string;
  exitCode: number | undefined;
}

/** Debian's `lxc` command, speaking to a daemon of ours, with a home of its own. */
export class LxcClient {
  readonly folder: string;
  readonly #socket: string;

  private constructor(folder: string, socket: string) {
    this.folder = folder;
    this.#socket = socket;
  }

  static async make(socket: string): Promise<LxcClient> {
    const folder = await mkdtemp(path.join(tmpdir(), 'wadah-lxc-'));
    await mkdir(path.join(folder, 'snap'));
    return new LxcClient(folder, socket);
  }

  get #env(): Record<string, string> {
    return { HOME: this.folder, LXD_SOCKET: this.#socket, TERM: 'xterm' };
  }

  /** Runs `lxc …` and returns what it said, whatever its exit status. */
  async run(args: readonly string[], input = ''): Promise<LxcResult> {
    const result = await execa('lxc', args, { reject: false, input, env: this.#env, cwd: this.folder });
    return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
  }

  /** Runs `lxc …`, which must succeed; returns its standard output. */
  async must(...args: string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await this.run(args);
    if (exitCode === 0) return stdout;
    throw new Error(`lxc ${args.join(' ')}: status ${exitCode}\n${stdout}\n${stderr}`);
  }

  /** Starts `lxc …` on a terminal of its own, 33 rows high and 77 columns wide. */
  onTerminal(...args: string[]): Terminal {
    return new Terminal(
      spawn('script', ['-qefc', `stty rows 33 cols 77; exec lxc ${args.join(' ')}`, '/dev/null'], {
        env: { ...process.env, ...this.#env },
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
  }

  /** Starts `lxc …` and leaves it running. */
  start(...args: string[]): Terminal {
    return new Terminal(
      spawn('lxc', args, { env: { ...process.env, ...this.#env }, stdio: ['pipe', 'pipe', 'inherit'] }),
    );
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** A running `lxc` whose screen a test reads and whose keys it presses. */
export class Terminal {
  readonly exited: Promise<number | null>;
  readonly #process: ChildProcess;
  #screen = '';

  constructor(process: ChildProcess) {
    this.#process = process;
    this.exited = new Promise((resolve) => process.once('close', resolve));
    process.stdout?.on('data', (data: Buffer) => {
      this.#screen += data.toString();
    });
  }

  /** Everything that was shown so far. */
  get screen(): string {
    return this.#screen;
  }

  get isOver(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  type(keys: string): void {
    this.#process.stdin?.write(keys);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}
