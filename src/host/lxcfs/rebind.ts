import { closeSync, openSync, readFileSync } from 'node:fs';
import { parseMountinfo } from '../mount/mountinfo.ts';
import { attachMount, cloneMount, unmountFlags, unmountSync } from '../sys/mounts.ts';
import { inMountNamespace } from '../sys/namespaces.ts';
import { O_PATH, openWithinSync } from '../sys/open-within.ts';

/**
 * Replaces the mounts of a dead lxcfs in the mount namespace of process `pid` by live ones. No program runs in
 * there: the files come along as descriptors of detached mounts, and no link of the guest's is followed.
 */
export function rebindFiles(pid: number, files: Record<string, string>): void {
  const mounts = parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
  const dead = mounts.filter(({ type, target }) => type === 'fuse.lxcfs' && files[target] !== undefined);
  const targets = [...new Set(dead.map(({ target }) => target))];
  const copies = targets.map((target) => ({ target, fd: cloneMount(files[target] ?? '') }));
  try {
    inMountNamespace(`/proc/${pid}/ns/mnt`, () => {
      for (const { target } of dead) unmountSync(target, unmountFlags.detach | unmountFlags.noFollow);
      for (const { target, fd } of copies) attach(target, fd);
    });
  } finally {
    for (const { fd } of copies) closeSync(fd);
  }
}

function attach(target: string, mountFd: number): void {
  const root = openSync('/', 'r');
  try {
    const path = openWithinSync({ folder: root, path: target.slice(1), flags: O_PATH, how: 'no-links' });
    try {
      attachMount(mountFd, path);
    } finally {
      closeSync(path);
    }
  } finally {
    closeSync(root);
  }
}
