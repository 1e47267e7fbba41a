import { connect, type Socket } from 'node:net';
import { Fault } from '#model/fault.ts';
import { JsonLines } from './qmp/json-lines.ts';

/** Commands of the QEMU guest agent that we use. */
export interface AgentCommands {
  'guest-ping': { arguments: undefined; returns: object };
  /** It answers only when it refuses. */
  'guest-shutdown': { arguments: { mode: 'powerdown' | 'reboot' | 'halt' }; returns: undefined };
  'guest-network-get-interfaces': { arguments: undefined; returns: AgentInterface[] };
}

export interface AgentInterface {
  name: string;
  'hardware-address'?: string;
  'ip-addresses'?: { 'ip-address': string; 'ip-address-type': 'ipv4' | 'ipv6'; prefix: number }[];
}

interface Message {
  return?: unknown;
  error?: { desc: string };
}

const resetByte = Buffer.from([0xff]);
const mostChars = 2 ** 20;

/**
 * The program inside that answers for the guest (qemu-ga). It is the guest's: what it says may be anything, late or
 * missing. Each question has a connection of its own, since a guest that reboots forgets what it was asked.
 */
export class GuestAgent {
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(socketPath: string) {
    this.#path = socketPath;
  }

  /**
   * Resolves to the guest's answer; to `undefined` when `guest-shutdown` was not refused at once. Throws `timed-out`
   * when it says nothing, `host` when it refuses.
   */
  async ask<C extends keyof AgentCommands>(
    command: C,
    given: AgentCommands[C]['arguments'],
    timeoutMs: number,
  ): Promise<AgentCommands[C]['returns']> {
    // The port has one connection at a time.
    const turn = this.#last.then(() => this.#converse(command, given, timeoutMs));
    this.#last = turn.catch(() => undefined);
    return (await turn) as AgentCommands[C]['returns'];
  }

  async #converse(
    command: keyof AgentCommands,
    given: object | undefined,
    timeoutMs: number,
  ): Promise<unknown> {
    this.#count += 1;
    const id = this.#count;
    const talk = new Talk(this.#path, timeoutMs);
    try {
      // What an earlier question left on the way is over at the byte 0xff, ours to it and its own to us.
      talk.say('guest-sync-delimited', { id }, resetByte);
      while ((await talk.hear())?.return !== id);
      talk.say(command, given);
      const { error, return: result } = (await talk.hear(command === 'guest-shutdown')) ?? {};
      if (error) throw new Fault('host', `The guest’s agent refused ${command}: ${error.desc.slice(0, 300)}`);
      return result;
    } finally {
      talk.end();
    }
  }
}

/** One connection to the agent, for as long as `timeoutMs`. */
class Talk {
  readonly #socket: Socket;
  readonly #lines = new JsonLines(mostChars);
  readonly #heard: Message[] = [];
  readonly #late: NodeJS.Timeout;
  #wake = (): void => {};
  #isLate = false;

  constructor(path: string, timeoutMs: number) {
    this.#socket = connect(path);
    this.#socket.on('error', () => {}); // it closes then
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.once('close', () => this.#wake());
    this.#late = setTimeout(() => {
      this.#isLate = true;
      this.#socket.destroy();
    }, timeoutMs);
  }

  say(execute: string, given: object | undefined, before = Buffer.alloc(0)): void {
    const line = JSON.stringify({ execute, ...(given && { arguments: given }) });
    this.#socket.write(Buffer.concat([before, Buffer.from(`${line}\n`)]));
  }

  /** The next message. `mayEnd`: `undefined` when none comes. */
  async hear(mayEnd = false): Promise<Message | undefined> {
    while (this.#heard.length === 0) {
      if (this.#socket.destroyed) {
        if (mayEnd) return undefined;
        throw silence(this.#isLate);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#heard.shift();
  }

  end(): void {
    clearTimeout(this.#late);
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      const text = Buffer.from(chunk.filter((byte) => byte !== resetByte[0]));
      for (const message of this.#lines.push(text)) this.#heard.push(message ?? {});
    } catch {
      this.#socket.destroy(); // a guest that talks nonsense
    }
    this.#wake();
  }
}

const silence = (isLate: boolean): Fault =>
  isLate
    ? new Fault('timed-out', 'The guest’s agent gave no answer')
    : new Fault('host', 'The guest’s agent hung up');
