import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { Client } from '#client/client.ts';
import { finishOperation } from '#client/operations.ts';
import { TestNetwork } from './netns.ts';

const root = path.join(import.meta.dirname, '../..');
const daemonProgram = path.join(root, 'bin/wadahd');
const commandLine = path.join(root, 'bin/wadah');

export interface CommandResult {
  stdout: string;
  stderr: string;
  exitCode: number | undefined;
}

interface CommandOptions {
  input?: string;
  env?: Record<string, string>;
  /** Somebody presses Ctrl-C so much later. */
  interruptAfterMs?: number;
}

/**
 * A throw-away daemon on the real kernel: its own state directory, hence its own mark, and its own network
 * namespace. `testHost` makes one and takes it away after the test.
 */
export class TestHost {
  readonly directory: string;
  readonly network: TestNetwork;
  readonly client: Client;
  readonly #program: string;
  #daemon: ChildProcess | undefined;

  /** `program`: the daemon's, when it is not the usual one. */
  constructor(directory: string, network: TestNetwork, program = daemonProgram) {
    this.directory = directory;
    this.network = network;
    this.#program = program;
    this.client = new Client(this.socket);
  }

  get socket(): string {
    return path.join(this.directory, 'unix.socket');
  }

  get env(): Record<string, string> {
    return { WADAH_DIR: this.directory, NO_COLOR: '1' };
  }

  /** The mark in the names of everything that its daemon makes on the host. */
  get mark(): string {
    const claims = JSON.parse(readFileSync('/run/wadah/claims/claims.json', 'utf8')) as {
      directory: string;
      mark: string;
    }[];
    const mine = claims.find(({ directory }) => directory === this.directory);
    if (!mine) throw new Error('the daemon has claimed no mark');
    return mine.mark;
  }

  get daemonPid(): number {
    if (this.#daemon?.pid === undefined) throw new Error('the daemon does not run');
    return this.#daemon.pid;
  }

  /** Starts the daemon and waits until it answers. */
  async startDaemon(): Promise<void> {
    const daemon = this.launchDaemon();
    await eventually(async () => {
      if (hasEnded(daemon)) throw new Gone(await this.daemonLog());
      await this.client.read('/1.0');
    });
  }

  /** Starts the daemon and does not wait for anything. */
  launchDaemon(): ChildProcess {
    const log = openSync(path.join(this.directory, 'daemon.log'), 'a');
    const [program, ...args] = this.network.inside([this.#program]);
    this.#daemon = spawn(program, args, {
      env: { ...process.env, ...this.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    return this.#daemon;
  }

  /** Whether it was started and has not ended. */
  get hasDaemon(): boolean {
    return this.#daemon !== undefined && !hasEnded(this.#daemon);
  }

  /** Ends it as the kernel would in a bad moment (SIGKILL), or gracefully (SIGTERM). */
  async endDaemon(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    if (!daemon || hasEnded(daemon)) return;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill(signal);
    await ended;
    this.#daemon = undefined;
  }

  async killAndRestartDaemon(): Promise<void> {
    await this.endDaemon('SIGKILL');
    await this.startDaemon();
  }

  /** Runs `wadah …` and returns what it said, whatever its exit status. */
  async wadah(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const running = execa(commandLine, args, {
      reject: false,
      input: options.input ?? '',
      env: { ...this.env, ...options.env },
      stripFinalNewline: true,
    });
    const { interruptAfterMs } = options;
    const interrupting =
      interruptAfterMs === undefined ? undefined : setTimeout(() => running.kill('SIGINT'), interruptAfterMs);
    const { stdout, stderr, exitCode } = await running;
    clearTimeout(interrupting);
    return { stdout, stderr, exitCode };
  }

  /** Runs `wadahd …` beside the daemon, where it would run, and returns what it said, whatever its exit status. */
  async wadahd(...args: string[]): Promise<CommandResult> {
    const [program, ...rest] = this.network.inside([this.#program, ...args]);
    const { stdout, stderr, exitCode } = await execa(program, rest, { reject: false, env: this.env });
    return { stdout, stderr, exitCode };
  }

  /** Runs `wadah …`, which must succeed; returns its standard output. */
  async must(...args: string[]): Promise<string> {
    const result = await this.wadah(args);
    if (result.exitCode !== 0)
      throw new Error(
        `wadah ${args.join(' ')}: status ${result.exitCode}\n${result.stdout}\n${result.stderr}`,
      );
    return result.stdout;
  }

  async daemonLog(): Promise<string> {
    return readFile(path.join(this.directory, 'daemon.log'), 'utf8');
  }

  /** Makes an image from a recipe, `busybox` in a second. */
  async buildImage(recipe: string): Promise<void> {
    await this.must('image', 'build', recipe, '--quiet');
  }

  /** Process id of an instance's init, as the host sees it. */
  async initPid(name: string): Promise<number> {
    const state = await this.client.read('/1.0/instances/{name}/state', { params: { name } });
    return state.pid;
  }

  /** Ends everything and leaves nothing on the host. */
  async remove(): Promise<void> {
    if (!this.hasDaemon) await this.startDaemon();
    const instances = await this.client.read('/1.0/instances', { query: { recursion: 1 } });
    for (const instance of instances as { name: string; status: string; ephemeral: boolean }[]) {
      const params = { name: instance.name };
      if (instance.status !== 'Stopped' && instance.status !== 'Error') {
        const body = { action: 'stop', force: true, timeout: -1, stateful: false } as const;
        await finishOperation(
          this.client,
          await this.client.begin('PUT', '/1.0/instances/{name}/state', { params, body }),
        );
        if (instance.ephemeral) continue; // it went with its end
      }
      await finishOperation(
        this.client,
        await this.client.begin('DELETE', '/1.0/instances/{name}', { params }),
      );
    }
    this.client.close();
    await this.endDaemon('SIGTERM');
    const [program, ...args] = this.network.inside([this.#program, '--cleanup']);
    await execa(program, args, { env: this.env });
    await this.network.remove();
    await rm(this.directory, { recursive: true });
  }
}

interface HasTestEnd {
  onTestFinished(action: () => Promise<void>): void;
}

/** A running throw-away daemon. Taken away when the test ends, with everything that it made. */
export async function testHost(t: HasTestEnd): Promise<TestHost> {
  const host = await makeHost();
  t.onTestFinished(() => host.remove());
  return host;
}

/** For suites that share one daemon among their tests: call `remove` in `afterAll`. */
export async function makeHost(): Promise<TestHost> {
  const directory = await mkdtemp('/var/tmp/wadah-it-');
  const host = new TestHost(directory, await TestNetwork.make());
  await host.startDaemon();
  return host;
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** An answer that waiting will not change. */
class Gone extends Error {}

/** Repeats `attempt` until it does not throw; throws its last error after `deadlineMs`. */
export async function eventually<T>(attempt: () => Promise<T>, deadlineMs = 60_000): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Gone || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
