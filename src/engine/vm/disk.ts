import { open } from 'node:fs/promises';
import { formatBytes } from '#base/units.ts';
import type { DiskRoot, RunPlan } from '../engine.ts';
import { Fault } from '#model/fault.ts';
import { rootNode } from './machine.ts';
import type { QmpClient } from './qmp/qmp-client.ts';

const qcow2Magic = 0x514649fb;
const sizeOffset = 24;

/** Of a virtual machine's plan. */
export function diskOf({ root, name }: Pick<RunPlan, 'root' | 'name'>): DiskRoot {
  if (root.kind !== 'disk') throw new Error(`The virtual machine "${name}" has layers for its root`);
  return root;
}

/**
 * Lets the guest see the disk as large as it is planned. QEMU has it open; the guest's file system grows by itself
 * when it is told or boots. Throws `invalid` rather than cut anything off.
 */
export async function growDisk(execute: QmpClient['execute'], { path, sizeBytes }: DiskRoot): Promise<void> {
  if (sizeBytes === undefined) return;
  const before = await diskSize(path);
  if (sizeBytes < before) {
    throw new Fault('invalid', `A disk of ${formatBytes(before)} cannot become smaller`, {
      hint: 'Make a new instance with a smaller disk and copy what you need.',
    });
  }
  if (sizeBytes > before) await execute('block_resize', { 'node-name': rootNode, size: sizeBytes });
}

/** What the header of a qcow2 file says. Throws `host` for a file of another kind. */
async function diskSize(path: string): Promise<number> {
  const header = Buffer.alloc(sizeOffset + 8);
  const file = await open(path, 'r');
  try {
    await file.read(header, 0, header.length, 0);
  } finally {
    await file.close();
  }
  if (header.readUInt32BE(0) !== qcow2Magic) throw new Fault('host', `${path} is no qcow2 file`);
  return Number(header.readBigUInt64BE(sizeOffset));
}
