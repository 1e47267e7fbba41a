import type { Logger } from '#base/logger.ts';
import { sendDatagram } from '#host/sys/unix-sockets.ts';

const variable = 'NOTIFY_SOCKET';

/** Whoever started the daemon and wants to know when it is ready: systemd, by sd_notify(3). Others need not be told. */
export class ServiceManager {
  readonly #socket: string | undefined;
  readonly #logger: Logger;

  /** From here on no program that the daemon starts can speak in its name. */
  constructor(env: NodeJS.ProcessEnv, logger: Logger) {
    this.#socket = env[variable];
    this.#logger = logger;
    delete env[variable];
  }

  tellReady(): void {
    if (this.#socket === undefined) return;
    try {
      sendDatagram(this.#socket, 'READY=1');
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not tell the service manager that the daemon is ready');
    }
  }
}
