import { chownSync, closeSync, existsSync, mkdirSync, openSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withFileOwner } from '#host/sys/credentials.ts';
import { makeDeviceNode } from '#host/sys/device-nodes.ts';
import { systemErrorCode } from '#host/sys/libc.ts';
import {
  attachMount,
  cloneMount,
  idmapMount,
  mountSync,
  restrictMount,
  unmountFlags,
  unmountSync,
} from '#host/sys/mounts.ts';
import { inMountNamespace } from '#host/sys/namespaces.ts';
import { Fault } from '#model/fault.ts';
import type { FolderSource, MemorySource, MountPlan, NodeSource } from '../engine.ts';
import type { IdMap } from './rootfs.ts';

/** A mount that is nowhere yet. */
export interface DetachedMount {
  plan: MountPlan;
  fd: number;
  isFolder: boolean;
}

/** Makes it, seen through the ids of a container. `scratch`: a folder that is there only meanwhile. */
export function openMount(plan: MountPlan, ids: IdMap | undefined, scratch: string): DetachedMount {
  switch (plan.source.kind) {
    case 'folder':
      return { plan, fd: openFolder(plan.source, ids), isFolder: statSync(plan.source.path).isDirectory() };
    case 'memory':
      return { plan, fd: openMemory(plan.source, ids, scratch), isFolder: true };
    case 'node':
      return { plan, fd: openNode(plan.source, ids, scratch), isFolder: false };
  }
}

function openFolder(
  { path, isReadOnly, isShifted, isRecursive: recursive }: FolderSource,
  ids?: IdMap,
): number {
  const fd = cloneMount(path, { recursive });
  restrictMount(fd, isReadOnly ? ['noDev', 'readOnly'] : ['noDev'], { recursive });
  if (ids && isShifted) {
    const user = openSync(ids.userNamespace, 'r');
    idmapMount(fd, user, { recursive });
    closeSync(user);
  }
  return fd;
}

function openMemory(
  { sizeBytes, isReadOnly }: MemorySource,
  ids: IdMap | undefined,
  scratch: string,
): number {
  const owner = ids?.base ?? 0;
  const size = sizeBytes === undefined ? '' : `,size=${sizeBytes}`;
  const data = `mode=755,uid=${owner},gid=${owner}${size}`;
  return withTmpfs(scratch, data, () => {
    const fd = cloneMount(scratch);
    restrictMount(fd, isReadOnly ? ['noDev', 'readOnly'] : ['noDev']);
    return fd;
  });
}

// On a file system of its own: that of the runtime folder may forbid devices, and the host's node has the host's owners.
function openNode({ uid, gid, ...node }: NodeSource, ids: IdMap | undefined, scratch: string): number {
  const first = ids?.base ?? 0;
  return withTmpfs(scratch, 'mode=755,size=64k', () => {
    const path = join(scratch, 'node');
    makeDeviceNode(path, node);
    chownSync(path, first + uid, first + gid);
    return cloneMount(path);
  });
}

function withTmpfs(place: string, data: string, work: () => number): number {
  mkdirSync(place, { recursive: true });
  mountSync({ source: 'wadah', target: place, type: 'tmpfs', data });
  try {
    return work();
  } finally {
    unmountSync(place, unmountFlags.detach | unmountFlags.noFollow);
    rmdirSync(place);
  }
}

/** Puts it where it belongs in the container of that init. Links on the way lead nowhere but to the guest's own files. */
export function attachInside({ plan, fd, isFolder }: DetachedMount, pid: number, owner: number): void {
  inMountNamespace(`/proc/${pid}/ns/mnt`, () => {
    withFileOwner(owner, () => makePlace(plan.path, isFolder));
    attachMount(fd, plan.path);
  });
}

/** Something for a mount to lie on. */
export function makePlace(path: string, isFolder: boolean): void {
  try {
    makeFolders(isFolder ? path : dirname(path));
    if (!isFolder) closeSync(openSync(path, 'a'));
  } catch (cause) {
    throw new Fault('invalid', `Nothing can be put at ${path} inside`, {
      hint: 'Choose a path at which a folder, or for files and devices a file, can be made.',
      cause,
    });
  }
}

// One by one: where the kernel lets nobody make folders, as in /proc, Node's own way to make all of them never ends.
function makeFolders(path: string): void {
  const names = path.split('/').filter(Boolean);
  for (const [index] of names.entries()) {
    const folder = `/${names.slice(0, index + 1).join('/')}`;
    if (!existsSync(folder)) mkdirSync(folder);
  }
}

/** Takes it away again. Not there: succeeds. */
export function detachInside({ path }: MountPlan, pid: number): void {
  inMountNamespace(`/proc/${pid}/ns/mnt`, () => {
    try {
      unmountSync(path, unmountFlags.detach | unmountFlags.noFollow);
    } catch (error) {
      if (!['EINVAL', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
    }
  });
}
