import { closeSync, openSync, readlinkSync } from 'node:fs';
import { check, libcFunction } from './libc.ts';
import { mountFlags, mountSync } from './mounts.ts';

const setns = libcFunction('setns', 'int', ['int', 'int']);
const unshare = libcFunction('unshare', 'int', ['int']);

const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;
const CLONE_NEWIPC = 0x08000000;
const CLONE_NEWNET = 0x40000000;

let hasOwnFsState = false;

/**
 * Runs `work` in the network namespace at `path` (`/proc/PID/ns/net` or a pin) and comes back. `work` is
 * synchronous: only the main thread moves, and everything asynchronous happens outside again.
 */
export function inNetworkNamespace<T>(path: string, work: () => T): T {
  return inNamespace('net', CLONE_NEWNET, path, work);
}

/** The same for a namespace of System V's objects: what /proc/sysvipc and its settings tell is of that one. */
export function inIpcNamespace<T>(path: string, work: () => T): T {
  return inNamespace('ipc', CLONE_NEWIPC, path, work);
}

/**
 * The same for a mount namespace. `work` must reach whatever it needs from here through descriptors.
 * From the first use on, the main thread's working folder and umask are no longer those of the thread pool.
 */
export function inMountNamespace<T>(path: string, work: () => T): T {
  // The kernel lets only a thread that shares its root and working folder with nobody change mount namespace.
  if (!hasOwnFsState) check('unshare', 'CLONE_FS', unshare(CLONE_FS));
  hasOwnFsState = true;
  const folder = process.cwd();
  try {
    return inNamespace('mnt', CLONE_NEWNS, path, work);
  } finally {
    process.chdir(folder);
  }
}

function inNamespace<T>(kind: 'net' | 'ipc' | 'mnt', flag: number, path: string, work: () => T): T {
  const target = openSync(path, 'r');
  const home = openSync(`/proc/thread-self/ns/${kind}`, 'r');
  try {
    check('setns', path, setns(target, flag));
    try {
      const result = work();
      if (result instanceof Promise) throw new Error('Work inside a namespace must be synchronous');
      return result;
    } finally {
      // Going on in a guest's namespace would be worse than ending: instances survive the daemon.
      if (setns(home, flag) < 0) process.abort();
    }
  } finally {
    closeSync(home);
    closeSync(target);
  }
}

/**
 * Gives the main thread, and every process that it starts from now on, a mount namespace from which nothing gets
 * back to the one it leaves. Threads that are there already stay behind: for the beginning of a process only.
 * Returns the namespace's inode number.
 */
export function leaveMountNamespace(): string {
  check('unshare', 'CLONE_NEWNS', unshare(CLONE_NEWNS));
  hasOwnFsState = true;
  mountSync({ source: 'none', target: '/', flags: mountFlags.recursive | mountFlags.slave });
  return /\d+/.exec(readlinkSync('/proc/thread-self/ns/mnt'))?.[0] ?? '';
}
