import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { settlesWithin } from '#base/wait.ts';
import type { CommandResult } from '../host.ts';
import type { ImageChoice } from '../images.ts';
import { emulatorArguments, ordersDescriptor } from './emulator.ts';
import { stateFolder } from './init.ts';
import { emulatedSystem } from './system.ts';
import { makeWorkDisk } from './work-disk.ts';

/** Of one script, and of the boot, on a machine that is busy with other things. */
const longestOrderMs = 600_000;
const gone = { done: true, value: undefined } as const;

/**
 * A whole Linux host, whatever this one is: QEMU emulates a processor with AMD-V, so Debian's kernel in it has all of
 * KVM, and cgroup v2 with all controllers. The built Wadah lies there, started by nobody. Programs compute some twenty
 * times slower: few whole scenarios, and deadlines in minutes.
 */
export class EmulatedHost {
  readonly #folder: string;
  readonly #qemu: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #port: Socket;
  readonly #answers: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, qemu: ChildProcess) {
    this.#folder = folder;
    this.#qemu = qemu;
    this.#ended = new Promise((resolve) => qemu.once('exit', resolve));
    this.#port = qemu.stdio[ordersDescriptor] as Socket;
    this.#port.on('error', () => {}); // an order finds out
    this.#answers = createInterface({ input: this.#port })[Symbol.asyncIterator]();
  }

  /** Resolves when it takes orders. Its daemon will find `images`. Call `remove` in `afterAll`. */
  static async boot(images: readonly ImageChoice[]): Promise<EmulatedHost> {
    const system = await emulatedSystem();
    const folder = await mkdtemp('/var/tmp/wadah-emulated-');
    let host: EmulatedHost | undefined;
    try {
      const work = await makeWorkDisk(folder, images);
      host = new EmulatedHost(folder, startQemu(folder, emulatorArguments(system, work)));
      await host.must('true');
      return host;
    } catch (error) {
      await (host ? host.remove() : rm(folder, { recursive: true }));
      throw error;
    }
  }

  /** Runs a shell script as root, after those before it; returns what it said, whatever its status. */
  run(script: string): Promise<CommandResult> {
    const turn = this.#last.then(() => this.#order(script));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Runs a script that must succeed; returns its standard output. */
  async must(script: string): Promise<string> {
    const { stdout, stderr, exitCode } = await this.run(script);
    if (exitCode === 0) return stdout;
    throw new Error(`${script}: status ${exitCode}\n${stdout}\n${stderr}`);
  }

  /** Starts the daemon, and waits until it answers. */
  async startDaemon(): Promise<void> {
    await this.must(`
      wadahd >/run/wadahd.log 2>&1 &
      echo $! >/run/wadahd.pid
      until [ -S ${stateFolder}/unix.socket ]; do
        kill -0 $! || { cat /run/wadahd.log >&2; exit 1; }
        sleep 0.2
      done`);
  }

  /** Ends it gracefully. */
  async endDaemon(): Promise<void> {
    await this.must('pid=$(cat /run/wadahd.pid); kill "$pid"; while [ -e "/proc/$pid" ]; do sleep 0.2; done');
  }

  /** Ends it as a crash would. */
  async killDaemon(): Promise<void> {
    await this.must(`
      pid=$(cat /run/wadahd.pid)
      kill -9 "$pid"
      while [ -e "/proc/$pid" ]; do sleep 0.2; done
      rm ${stateFolder}/unix.socket`); // or it would seem to be there already when it is started again
  }

  /** Has it power off by itself, and throws when it does not. */
  async powerOff(): Promise<void> {
    this.#port.end();
    if (!(await settlesWithin(this.#ended, longestOrderMs))) throw await this.#failure('did not power off');
  }

  async remove(): Promise<void> {
    this.#qemu.kill('SIGKILL');
    await this.#ended;
    await rm(this.#folder, { recursive: true });
  }

  async #order(script: string): Promise<CommandResult> {
    this.#port.write(`${Buffer.from(script).toString('base64')}\n`);
    const answer = this.#answers.next().catch(() => gone); // the connection was reset
    if (!(await settlesWithin(answer, longestOrderMs))) {
      this.#qemu.kill('SIGKILL'); // or its answer would be taken for that of the next order
      throw await this.#failure(`did not end ${script}`);
    }
    const { done, value } = await answer;
    if (done === true) throw await this.#failure(`went down with ${script}`);
    const [status, stdout = '', stderr = ''] = value.split(' ');
    const text = (encoded: string): string => Buffer.from(encoded, 'base64').toString().trimEnd();
    return { exitCode: Number(status), stdout: text(stdout), stderr: text(stderr) };
  }

  async #failure(what: string): Promise<Error> {
    const [console, complaints] = await Promise.all(
      ['console.log', 'qemu.log'].map((name) => readFile(path.join(this.#folder, name), 'utf8')),
    );
    const said = `${console?.slice(-4000)}\nQEMU:\n${complaints?.slice(-1000)}`;
    return new Error(`The emulated host ${what}\nIts console:\n${said}`);
  }
}

function startQemu(folder: string, [program = '', ...args]: string[]): ChildProcess {
  const [console, complaints] = ['console.log', 'qemu.log'].map((name) =>
    openSync(path.join(folder, name), 'a'),
  ) as [number, number];
  try {
    return spawn(program, args, { stdio: ['ignore', console, complaints, 'pipe'] });
  } finally {
    closeSync(console);
    closeSync(complaints);
  }
}
