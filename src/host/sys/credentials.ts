import { check, libcFunction, systemCall } from './libc.ts';

const prctl = libcFunction('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);
const setfsuid = libcFunction('setfsuid', 'int', ['uint']);
const setfsgid = libcFunction('setfsgid', 'int', ['uint']);

/** The bare calls: libc's own change all threads. */
const numbers: Record<string, { setresuid: number; setresgid: number }> = {
  x64: { setresuid: 117, setresgid: 119 },
  arm64: { setresuid: 147, setresgid: 149 },
};
const ofThisMachine = numbers[process.arch] ?? { setresuid: -1, setresgid: -1 };
const setresuid = systemCall(ofThisMachine.setresuid, ['long', 'long', 'long']);
const setresgid = systemCall(ofThisMachine.setresgid, ['long', 'long', 'long']);

const PR_GET_SECUREBITS = 27;
const PR_SET_SECUREBITS = 28;
const SECBIT_NO_SETUID_FIXUP = 4;

/**
 * Runs `work`, which is synchronous, with `id` as user (and as group, unless there is one) of everything it makes in
 * file systems, and with all capabilities kept. An overlay mounted so goes on making its files as `id`.
 */
export function withFileOwner<T>(id: number, work: () => T, groupId = id): T {
  return withCapabilities(() => {
    const user = setfsuid(id);
    const group = setfsgid(groupId);
    try {
      return atOnce(work);
    } finally {
      setfsgid(group);
      setfsuid(user);
    }
  });
}

/**
 * Runs `work`, which is synchronous, as another user: whoever it connects to sees that one. `keepsRights`: with all
 * capabilities, as the root of a guest has them; else with what that user may do.
 */
export function asUser<T>(
  { uid, gid, keepsRights }: { uid: number; gid: number; keepsRights: boolean },
  work: () => T,
): T {
  const change = (): T => {
    const group = process.getegid?.() ?? 0;
    const user = process.geteuid?.() ?? 0;
    check('setresgid', String(gid), setresgid(-1, gid, -1));
    try {
      check('setresuid', String(uid), setresuid(-1, uid, -1));
      return atOnce(work);
    } finally {
      // Going on as somebody else would be worse than ending.
      if (setresuid(-1, user, -1) < 0 || setresgid(-1, group, -1) < 0) process.abort();
    }
  };
  return keepsRights ? withCapabilities(change) : change();
}

function atOnce<T>(work: () => T): T {
  const result = work();
  if (result instanceof Promise) throw new Error('Work as somebody else must be synchronous');
  return result;
}

function withCapabilities<T>(work: () => T): T {
  const before = check('prctl', 'PR_GET_SECUREBITS', prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
  // Without this bit the kernel takes capabilities away together with user 0.
  setSecureBits(before | SECBIT_NO_SETUID_FIXUP);
  try {
    return work();
  } finally {
    setSecureBits(before);
  }
}

function setSecureBits(bits: number): void {
  check('prctl', 'PR_SET_SECUREBITS', prctl(PR_SET_SECUREBITS, bits, 0, 0, 0));
}
