import type { Logger } from '#base/logger.ts';
import { sleep } from '#base/wait.ts';
import { DaemonLock } from '#host/claims/daemon-lock.ts';
import { bootId, isAlive } from '#host/process/proc.ts';
import { systemErrorCode } from '#host/sys/libc.ts';
import { Runtimes } from '#service/instances/runtimes.ts';
import { openStores } from '#store/open-stores.ts';
import { openDaemon } from './daemon.ts';
import type { Places } from './places.ts';

const stepMs = 50;

/** What asks a running daemon to stop all instances and end; what Incus and LXD listen for as well. */
export const shutdownSignal = 'SIGPWR';

/**
 * Stops all instances because the host goes down; they start again with the first daemon that comes after it. The
 * running daemon does it, and ends. Where none runs, or it died meanwhile, this process takes its place.
 */
export async function shutDown(places: Places, logger: Logger): Promise<void> {
  const holder = DaemonLock.findHolder(places.directory);
  if (holder !== undefined) {
    ask(holder);
    while (DaemonLock.findHolder(places.directory) === holder) await sleep(stepMs);
  }
  if (!(await doesSomethingRun(places.directory))) return;
  logger.info({}, 'no daemon runs; taking over the instances to stop them');
  const daemon = await openDaemon(places, logger, AbortSignal.abort());
  await daemon.shutDown();
}

/** One that has ended in this moment is asked for nothing. */
function ask(holder: number): void {
  try {
    process.kill(holder, shutdownSignal);
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}

async function doesSomethingRun(directory: string): Promise<boolean> {
  const lock = DaemonLock.take(directory);
  const stores = await openStores(directory);
  try {
    const runtimes = new Runtimes(stores.node);
    await runtimes.load();
    const thisBoot = bootId();
    return runtimes
      .all()
      .some(([, { handle }]) => handle?.bootId === thisBoot && isAlive(handle.pid, handle.startTime));
  } finally {
    await stores.close();
    lock.release();
  }
}
