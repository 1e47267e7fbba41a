import { chmodSync, chownSync, closeSync, rmSync } from 'node:fs';
import { onReadable } from '#host/sys/readable.ts';
import { bindDatagramSocket, receiveMessage } from '#host/sys/unix-sockets.ts';

const mostMessages = 1000;

/** What an init says of itself: sd_notify(3). */
export type InitNotice = 'ready' | 'rebooting' | 'powering-off';

/**
 * Hears an init that notifies. The socket lies in the folder that the guest sees as /run/host; only what pid 1
 * itself sends counts. The kernel announces a message; nothing is polled and nothing waits.
 */
export class NotifySocket {
  readonly #path: string;
  readonly #fd: number;
  #watch: { stop(): void } | undefined;
  #messages = 0;

  /** `owner`: the guest's root, on the host. A socket of an earlier daemon is replaced. */
  constructor(path: string, owner: number) {
    rmSync(path, { force: true });
    this.#path = path;
    this.#fd = bindDatagramSocket(path);
    chmodSync(path, 0o600);
    chownSync(path, owner, owner);
  }

  /** Tells what the process `init` has said, messages from before included. */
  listen(init: number, tell: (notice: InitNotice) => void): void {
    this.#watch = onReadable(this.#fd, () => this.#receive(init, tell));
  }

  close(): void {
    this.#watch?.stop();
    this.#watch = undefined;
    closeSync(this.#fd);
  }

  /** Nothing more is expected: whoever sends something is refused. */
  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }

  #receive(init: number, tell: (notice: InitNotice) => void): void {
    while (this.#watch) {
      const message = receiveMessage(this.#fd);
      if (!message) return;
      this.#messages += 1;
      if (this.#messages > mostMessages) return this.#watch.stop(); // no init has that much to say
      const notice = message.sender?.pid === init ? parseNotice(message.data.toString()) : undefined;
      if (notice) tell(notice);
    }
  }
}

/** `undefined` for what does not matter here. */
export function parseNotice(text: string): InitNotice | undefined {
  const lines = text.split('\n');
  if (lines.includes('READY=1')) return 'ready';
  const status = lines.find((line) => line.startsWith('STATUS=')) ?? '';
  if (/\b(reboot|kexec)\.target\b/.test(status)) return 'rebooting';
  if (/\b(poweroff|halt)\.target\b/.test(status)) return 'powering-off';
  return undefined;
}
