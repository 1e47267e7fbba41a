import { join } from 'node:path';
import type { InstanceId } from '#model/instance.ts';

/**
 * Where a running virtual machine has its things on the host, until it is destroyed; only root can enter. Whatever
 * QEMU itself uses of it, it gets as descriptors.
 */
export interface VmFolder {
  path: string;
  /** Sockets on which QEMU listens. Each serves one connection after the other. */
  sockets: Record<VmSocket, string>;
  /** A small file system of its own: neither a guest nor its QEMU can fill anything else. */
  console: string;
  consoleLog: string;
  consoleInput: string;
  /** Names of its links on the host, one a line. */
  links: string;
  /** There once the guest was up. */
  ready: string;
  /** What QEMU says on its standard error. */
  qemuLog: string;
}

/** `qmp` leads to QEMU, the others to the guest: its serial console, its agent, its ssh server. */
export const vmSockets = ['qmp', 'serial', 'agent', 'ssh'] as const;
export type VmSocket = (typeof vmSockets)[number];

/** `instances`: the folder of all of them. */
export function vmFolderOf(instances: string, id: InstanceId): VmFolder {
  const path = join(instances, id);
  const console = join(path, 'console');
  const sockets = Object.fromEntries(vmSockets.map((name) => [name, join(path, name)]));
  return {
    path,
    sockets: sockets as VmFolder['sockets'],
    console,
    consoleLog: join(console, 'log'),
    consoleInput: join(console, 'input'),
    links: join(path, 'links'),
    ready: join(path, 'ready'),
    qemuLog: join(console, 'qemu'),
  };
}
