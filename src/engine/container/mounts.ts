import { chownSync, closeSync, mkdirSync, openSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDeviceNode } from '#host/sys/device-nodes.ts';
import {
  cloneMount,
  idmapMount,
  mountSync,
  restrictMount,
  unmountFlags,
  unmountSync,
} from '#host/sys/mounts.ts';
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
  { sizeBytes, inodes, isReadOnly }: MemorySource,
  ids: IdMap | undefined,
  scratch: string,
): number {
  const owner = ids?.base ?? 0;
  const size = sizeBytes === undefined ? '' : `,size=${sizeBytes}`;
  const files = inodes === undefined ? '' : `,nr_inodes=${inodes}`;
  const data = `mode=755,uid=${owner},gid=${owner}${size}${files}`;
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
