import { check, lastErrorCode, libcFunction } from './libc.ts';

const flock = libcFunction('flock', 'int', ['int', 'int']);

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes the exclusive lock of an open file unless another holds it. Closing the descriptor lets go. */
export function tryLock(fd: number): boolean {
  const result = flock(fd, LOCK_EX | LOCK_NB);
  if (result < 0 && lastErrorCode() === 'EAGAIN') return false;
  check('flock', `descriptor ${fd}`, result);
  return true;
}
