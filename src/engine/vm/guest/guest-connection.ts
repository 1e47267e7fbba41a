import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Client, PseudoTtyOptions } from 'ssh2';
import type { ExecRequest, TerminalSize } from '../../engine.ts';
import { Fault } from '#model/fault.ts';
import { GuestProgram } from './guest-program.ts';
import { greetGuest } from './handshake.ts';

/** Emulated processors of a busy host take their time over keys. */
const readyMs = 60_000;
/** A guest that has been silent for twelve times this long has gone. Emulated ones also wake from a missed timer by it. */
const aliveMs = 5_000;

/** One conversation with the ssh server in a guest. Many programs can run in it at once. */
export class GuestConnection {
  /** Resolves when it is over, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
    // Not `events.once`, which an error before it rejects: that of a guest that dies would end the daemon.
    this.closed = new Promise((resolve) => client.once('close', () => resolve()));
    client.on('error', () => {}); // followed by `close`
  }

  /**
   * Asks the guest for a server on this socket, with a key that only this connection knows. Who the guest is needs
   * no proof: nobody but its QEMU is at the other end. `signal` ends the wait for the guest's first answer.
   * Throws `unavailable`.
   */
  static async open(socket: Socket, signal: AbortSignal): Promise<GuestConnection> {
    // A large package that only virtual machines need.
    const { Client, utils } = (await import('ssh2')).default;
    const { private: privateKey, public: publicKey } = utils.generateKeyPairSync('ed25519');
    await greetGuest(socket, { word: randomBytes(8).toString('hex'), publicKey }, signal);
    const client = new Client();
    const connection = new GuestConnection(client);
    client.connect({
      sock: socket,
      username: 'root',
      privateKey,
      readyTimeout: readyMs,
      keepaliveInterval: aliveMs,
      keepaliveCountMax: 12,
      algorithms: { kex: ['curve25519-sha256'], cipher: ['aes128-gcm@openssh.com'], compress: ['none'] },
    });
    // A guest that dies in between says nothing more, not even an error.
    const lost = connection.closed.then(() => Promise.reject(new Error('It hung up')));
    await Promise.race([once(client, 'ready'), lost]).catch((cause: unknown) => {
      client.destroy();
      throw new Fault('unavailable', 'The ssh server in the guest does not let us in', { cause });
    });
    lost.catch(() => {}); // from now on `closed` tells it
    return connection;
  }

  /** Starts root's shell in the guest with this command line. Throws `unavailable` when the connection is gone. */
  async run(commandLine: string, terminal?: ExecRequest['terminal']): Promise<GuestProgram> {
    const pty = terminal && ptyOf(terminal);
    return new Promise((resolve, reject) => {
      const failed = (cause: unknown): void =>
        reject(new Fault('unavailable', 'The guest does not answer any more', { cause }));
      void this.closed.then(failed);
      try {
        this.#client.exec(commandLine, pty ? { pty } : {}, (error, channel) =>
          error ? failed(error) : resolve(new GuestProgram(channel)),
        );
      } catch (error) {
        failed(error); // "Not connected"
      }
    });
  }

  close(): void {
    this.#client.destroy();
  }
}

const ptyOf = ({ columns, rows }: TerminalSize): PseudoTtyOptions => ({
  cols: columns,
  rows,
  width: 0,
  height: 0,
  term: 'xterm',
});
