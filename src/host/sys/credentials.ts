import { check, libcFunction } from './libc.ts';

const prctl = libcFunction('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);
const setfsuid = libcFunction('setfsuid', 'int', ['uint']);
const setfsgid = libcFunction('setfsgid', 'int', ['uint']);

const PR_GET_SECUREBITS = 27;
const PR_SET_SECUREBITS = 28;
const SECBIT_NO_SETUID_FIXUP = 4;

/**
 * Runs `work`, which is synchronous, with `id` as user and group of everything it makes in file systems, and
 * with all capabilities kept. An overlay mounted so goes on making its files as `id`.
 */
export function withFileOwner<T>(id: number, work: () => T): T {
  const before = check('prctl', 'PR_GET_SECUREBITS', prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
  // Without this bit the kernel takes the file capabilities away together with user 0.
  setSecureBits(before | SECBIT_NO_SETUID_FIXUP);
  const user = setfsuid(id);
  const group = setfsgid(id);
  try {
    const result = work();
    if (result instanceof Promise) throw new Error('Work as another file owner must be synchronous');
    return result;
  } finally {
    setfsgid(group);
    setfsuid(user);
    setSecureBits(before);
  }
}

function setSecureBits(bits: number): void {
  check('prctl', 'PR_SET_SECUREBITS', prctl(PR_SET_SECUREBITS, bits, 0, 0, 0));
}
