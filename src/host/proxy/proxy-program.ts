import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { sleep } from '#base/wait.ts';
import { Fault } from '#model/fault.ts';
import { stateOf } from '../cgroup/v2-group.ts';
import { ServantLeaf } from '../network/servant-leaf.ts';
import type { Programs } from '../process/programs.ts';
import { systemErrorCode } from '../sys/libc.ts';
import type { ProxyAnswer, ProxyRequest } from './protocol.ts';

export interface ProxyProgramOptions {
  programs: Programs;
  /** Path of proxy.mjs. */
  program: string;
  /** What it has in the runtime folder. */
  folder: string;
  /** Its home, a v2 group. */
  leaf: string;
}

/** Each guest can hold up one: see `Guest.withPath`. */
const threads = '64';
const startStepMs = 5;
const startDeadlineMs = 20_000;
const answerDeadlineMs = 30_000;

/**
 * The one program that connects for all containers of a daemon, and outlives it: whatever lives in its leaf is it.
 *
 *     absent ── ask ──▶ running ── end, or dies ──▶ absent
 */
export class ProxyProgram {
  readonly #options: ProxyProgramOptions;
  readonly #leaf: ServantLeaf;
  readonly #socket: string;
  readonly #log: string;

  constructor(options: ProxyProgramOptions) {
    this.#options = options;
    this.#leaf = new ServantLeaf(options.leaf);
    this.#socket = join(options.folder, 'socket');
    this.#log = join(options.folder, 'log');
  }

  get isRunning(): boolean {
    return stateOf(this.#leaf.path).isPopulated;
  }

  async open(): Promise<void> {
    await this.#leaf.make();
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
  }

  /** Calls back whenever it has ended, until `signal` aborts. */
  onEnd(listener: () => void, signal: AbortSignal): void {
    this.#leaf.onEmpty(listener, signal);
  }

  /** One at a time. Starts it where it does not run. Throws what it refuses, and `host` when it does not answer. */
  async ask(request: ProxyRequest): Promise<ProxyAnswer> {
    if (!this.isRunning) await this.#start();
    const { fault, ...answer } = await this.#call(request).catch((cause: unknown) => {
      throw new Fault('host', 'The proxy does not answer', { cause });
    });
    if (!fault) return answer;
    throw new Fault(fault.code, fault.message, fault.hint === undefined ? {} : { hint: fault.hint });
  }

  /** Connections that it serves end with it. */
  async end(): Promise<void> {
    await this.#leaf.empty();
  }

  async remove(): Promise<void> {
    await this.#leaf.remove();
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { programs, program } = this.#options;
    await rm(this.#socket, { force: true });
    const log = openSync(this.#log, 'w', 0o600);
    try {
      const argv = [process.execPath, program, this.#socket];
      const { exited } = await programs.spawn(argv, {
        leaf: this.#leaf.path,
        env: { UV_THREADPOOL_SIZE: threads },
        stdio: ['ignore', log, log],
      });
      await this.#untilItListens(exited);
    } finally {
      closeSync(log);
    }
  }

  async #untilItListens(exited: Promise<unknown>): Promise<void> {
    let hasEnded = false;
    void exited.then(() => {
      hasEnded = true;
    });
    for (let waitedMs = 0; !(await this.#listens()); waitedMs += startStepMs) {
      if (hasEnded || waitedMs > startDeadlineMs) {
        await this.end();
        throw new Fault('host', 'The proxy does not start', {
          cause: new Error(await readFile(this.#log, 'utf8')),
        });
      }
      await sleep(startStepMs);
    }
  }

  async #listens(): Promise<boolean> {
    try {
      await this.#call({ do: 'list' });
      return true;
    } catch (error) {
      if (['ENOENT', 'ECONNREFUSED'].includes(systemErrorCode(error) ?? '')) return false;
      throw error;
    }
  }

  async #call(request: ProxyRequest): Promise<ProxyAnswer> {
    const socket = connect(this.#socket);
    const late = setTimeout(() => socket.destroy(new Error('It took too long')), answerDeadlineMs);
    try {
      socket.end(JSON.stringify(request));
      return JSON.parse(await text(socket)) as ProxyAnswer;
    } finally {
      clearTimeout(late);
      socket.destroy();
    }
  }
}
