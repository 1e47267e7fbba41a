import { connect, type Socket } from 'node:net';
import { Fault } from '#model/fault.ts';
import { JsonLines } from './json-lines.ts';
import type { QmpCommands, QmpEvents } from './types.gen.ts';

const answerMs = 20_000;

export type QmpEvent = { [E in keyof QmpEvents]: { event: E; data: QmpEvents[E] } }[keyof QmpEvents];

type Arguments<C extends keyof QmpCommands> = QmpCommands[C]['arguments'];

/** A command's arguments, which may be left out where none must be given. */
type Given<C extends keyof QmpCommands> =
  object extends Arguments<C> ? [given?: Arguments<C>] : [given: Arguments<C>];

interface Message {
  QMP?: object;
  event?: string;
  data?: object;
  return?: unknown;
  error?: { class: string; desc: string };
  id?: number;
}

interface Waiting {
  command: string;
  late: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** The greeting is an answer to nothing. Commands count from 1. */
const greeting = 0;

/**
 * A conversation with one QEMU:
 *
 *     connecting ── greeting, capabilities ──> open ── either side hangs up ──> closed
 */
export class QmpClient {
  readonly #socket: Socket;
  readonly #answerMs: number;
  readonly #lines = new JsonLines();
  readonly #waiting = new Map<number, Waiting>();
  #lastId = greeting;
  #tell: (event: QmpEvent) => void = () => {};
  /** Settles when the conversation has ended, after the last event was told. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#answerMs = timeoutMs;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => {}); // it ends like any other
    void this.closed.then(() => this.#failAll(hungUp()));
  }

  /**
   * Connects, also to a QEMU that is still about to listen on a socket that is there. `tell` hears of all events from
   * the first on. Throws `timed-out` when QEMU stays silent, `host` when it ends.
   */
  static async connect(
    path: string,
    tell: (event: QmpEvent) => void,
    { timeoutMs = answerMs }: { timeoutMs?: number } = {},
  ): Promise<QmpClient> {
    const client = new QmpClient(connect(path), timeoutMs);
    client.#tell = tell;
    try {
      await client.#answer(greeting, 'its greeting');
      await client.execute('qmp_capabilities');
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Resolves to QEMU's answer. Throws `host` with QEMU's own words when it refuses, `timed-out` when it is silent. */
  async execute<C extends keyof QmpCommands>(
    command: C,
    ...[given]: Given<C>
  ): Promise<QmpCommands[C]['returns']> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = this.#answer(id, command);
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: given ?? {}, id })}\n`);
    return (await answer) as QmpCommands[C]['returns'];
  }

  close(): void {
    this.#socket.destroy();
  }

  async #answer(id: number, command: string): Promise<unknown> {
    if (this.#socket.destroyed) throw hungUp();
    try {
      return await new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(silent(command, this.#answerMs)), this.#answerMs);
        this.#waiting.set(id, { command, late, resolve, reject });
      });
    } finally {
      clearTimeout(this.#waiting.get(id)?.late);
      this.#waiting.delete(id);
    }
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#lines.push(chunk)) this.#handle(message as Message);
    } catch (error) {
      this.#failAll(error);
      this.close();
    }
  }

  #handle(message: Message): void {
    if (message.QMP) this.#settle({ id: greeting });
    // One that the types do not know is told as well: whoever listens looks at the name.
    else if (message.event !== undefined)
      this.#tell({ event: message.event, data: message.data ?? {} } as QmpEvent);
    else this.#settle(message);
  }

  #settle({ id, error, return: result }: Message): void {
    const waiting = this.#waiting.get(id ?? Number.NaN);
    if (error) waiting?.reject(refused(waiting.command, error));
    else waiting?.resolve(result);
  }

  #failAll(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}

const refused = (command: string, { class: kind, desc }: { class: string; desc: string }): Fault =>
  new Fault('host', `QEMU refused ${command}: ${desc}`, { cause: new Error(`${kind}: ${desc}`) });

const silent = (command: string, ms: number): Fault =>
  new Fault('timed-out', `QEMU gave no answer to ${command} within ${ms / 1000} s`);

const hungUp = (): Fault => new Fault('host', 'QEMU has ended');
