import { constants } from 'node:os';
import type { ClientChannel } from 'ssh2';

const killed = 128 + constants.signals.SIGKILL;

/** A shell in the guest, or what it has become. */
export class GuestProgram {
  readonly channel: ClientChannel;
  /** Exit status. A guest that goes down kills its programs without telling. */
  readonly status: Promise<number>;
  /** Resolves when all that it wrote has been read, and nobody else there can write any more. */
  readonly closed: Promise<void>;

  /** To be made in the turn in which the channel came: a short program has ended in the next. */
  constructor(channel: ClientChannel) {
    this.channel = channel;
    this.closed = new Promise((resolve) => channel.once('close', () => resolve()));
    this.status = new Promise((resolve) => {
      channel.once('exit', (code: number | null, signal?: string) => resolve(code ?? statusOf(signal)));
      void this.closed.then(() => resolve(killed));
    });
    channel.on('error', () => {}); // followed by `close`
  }
}

/** ssh has names for the usual signals only. */
function statusOf(signal: string | undefined): number {
  const name = `SIG${signal?.replace(/^SIG/, '')}` as NodeJS.Signals;
  return 128 + (constants.signals[name] ?? 0);
}
