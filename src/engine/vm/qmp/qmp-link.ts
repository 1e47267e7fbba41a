import { sleep } from '#base/wait.ts';
import { Fault } from '#model/fault.ts';
import { QmpClient, type QmpEvent } from './qmp-client.ts';

const retryMs = 500;

/** Keeps a conversation with a QEMU going as long as it lives; should it break off, it is begun again. */
export class QmpLink {
  readonly #path: string;
  readonly #tell: (event: QmpEvent) => void;
  #client: QmpClient | undefined;
  readonly #over = new AbortController();

  /** `path`: of the socket on which QEMU listens. */
  constructor(path: string, tell: (event: QmpEvent) => void) {
    this.#path = path;
    this.#tell = tell;
  }

  /** Begins. Throws what `QmpClient.connect` throws. */
  async open(timeoutMs: number): Promise<void> {
    this.#client = await QmpClient.connect(this.#path, this.#tell, { timeoutMs });
    void this.#keepUp(this.#client);
  }

  /** As `QmpClient.execute`. Throws `unavailable` while there is no conversation. */
  get execute(): QmpClient['execute'] {
    const client = this.#client;
    if (!client) throw new Fault('unavailable', 'QEMU does not answer at the moment');
    return client.execute.bind(client);
  }

  /** The process has ended. Resolves when its last word was heard. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#client?.closed;
  }

  /** Hangs up. */
  close(): void {
    this.#over.abort();
    this.#client?.close();
  }

  async #keepUp(first: QmpClient): Promise<void> {
    for (let client: QmpClient | undefined = first; ; ) {
      await client?.closed;
      await sleep(retryMs, this.#over.signal).catch(() => undefined);
      if (this.#over.signal.aborted) return;
      client = await QmpClient.connect(this.#path, this.#tell).catch(() => undefined);
      this.#client = client;
    }
  }
}
