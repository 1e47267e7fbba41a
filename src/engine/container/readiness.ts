import { chmodSync, chownSync, closeSync, existsSync, rmSync } from 'node:fs';
import { onReadable } from '#host/sys/readable.ts';
import { bindDatagramSocket, receiveMessage } from '#host/sys/unix-sockets.ts';

const mostMessages = 1000;

/**
 * Hears an init say that it is ready: sd_notify(3). The socket lies in the folder that the guest sees as /run/host,
 * and is gone once it has said so. The kernel announces a message; nothing is polled and nothing waits.
 */
export class NotifySocket {
  readonly #path: string;
  readonly #fd: number;
  #watch: { stop(): void } | undefined;
  #isOpen = true;
  #messages = 0;

  /** `owner`: the guest's root, on the host. A socket of an earlier daemon is replaced. */
  constructor(path: string, owner: number) {
    rmSync(path, { force: true });
    this.#path = path;
    this.#fd = bindDatagramSocket(path);
    chmodSync(path, 0o600);
    chownSync(path, owner, owner);
  }

  /** Whether an earlier daemon was still waiting when it ended. */
  static isWaitedAt(path: string): boolean {
    return existsSync(path);
  }

  /** Only what pid 1 of the instance says counts; `init` is its pid here. */
  listen(init: number, tellReady: () => void): void {
    this.#watch = onReadable(this.#fd, () => {
      if (!this.#hears(init)) return;
      this.close();
      rmSync(this.#path, { force: true });
      tellReady();
    });
  }

  close(): void {
    this.#watch?.stop();
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  /** Whether it is among the messages that have come. */
  #hears(init: number): boolean {
    for (let message = receiveMessage(this.#fd); message; message = receiveMessage(this.#fd)) {
      if (message.sender?.pid === init && isReady(message.data.toString())) return true;
      this.#messages += 1;
      if (this.#messages > mostMessages) this.#watch?.stop(); // no init has that much to say
    }
    return false;
  }
}

export const isReady = (message: string): boolean => message.split('\n').includes('READY=1');
