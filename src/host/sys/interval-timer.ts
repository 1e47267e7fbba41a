import { check, libcFunction } from './libc.ts';

const setitimer = libcFunction('setitimer', 'int', ['int', 'void*', 'void*']);

const ITIMER_REAL = 0;

/**
 * Interrupts system calls of the main thread every `everyMs` milliseconds until `stop`. A tick that comes just before a
 * call begins is lost, hence it repeats. One at a time for each process. Throws `host`.
 */
export function interruptEvery(everyMs: number): { stop(): void } {
  if (process.listenerCount('SIGALRM', ignore) === 0) process.on('SIGALRM', ignore);
  set(everyMs);
  return { stop: () => set(0) };
}

// Stays installed for good: without a handler a tick still under way would end the process.
function ignore(): void {}

function set(everyMs: number): void {
  const value = Buffer.alloc(32); // struct itimerval: interval and first time, each seconds and microseconds
  for (const offset of [0, 16]) {
    value.writeBigInt64LE(BigInt(Math.floor(everyMs / 1000)), offset);
    value.writeBigInt64LE(BigInt(Math.round((everyMs % 1000) * 1000)), offset + 8);
  }
  check('setitimer', 'ITIMER_REAL', setitimer(ITIMER_REAL, value, null));
}
