import { check, libcFunction } from './libc.ts';

const fcntl = libcFunction('fcntl', 'int', ['int', 'int', 'long']);

const F_GETFL = 3;
const F_SETFL = 4;
const F_SETOWN = 8;
const O_ASYNC = 0o20000;

const watched = new Map<number, () => void>();

/**
 * Calls `handler` whenever something may have arrived on a socket that Node cannot poll, and once at the next
 * turn. The kernel sends SIGIO and does not say for which one, so a handler reads until nothing is left and is
 * content with nothing. No thread waits, nothing is polled.
 */
export function onReadable(fd: number, handler: () => void): { stop(): void } {
  if (watched.size === 0 && process.listenerCount('SIGIO', askAll) === 0) process.on('SIGIO', askAll);
  watched.set(fd, handler);
  check('fcntl', 'F_SETOWN', fcntl(fd, F_SETOWN, process.pid));
  setFlag(fd, true);
  setImmediate(() => {
    if (watched.get(fd) === handler) handler(); // what came before the kernel knew whom to tell
  });
  return {
    stop() {
      if (watched.get(fd) !== handler) return;
      watched.delete(fd);
      setFlag(fd, false);
    },
  };
}

// Stays installed for good: an unhandled SIGIO that was still under way would end the daemon.
function askAll(): void {
  for (const handler of [...watched.values()]) handler();
}

function setFlag(fd: number, on: boolean): void {
  const flags = check('fcntl', 'F_GETFL', fcntl(fd, F_GETFL, 0));
  check('fcntl', 'F_SETFL', fcntl(fd, F_SETFL, on ? flags | O_ASYNC : flags & ~O_ASYNC));
}
