import { formatBytes } from '#base/units.ts';
import type { DiskRoot, RunPlan } from '../engine.ts';
import { diskSize } from '#host/storage/qcow2.ts';
import { Fault } from '#model/fault.ts';
import { rootNode } from './machine.ts';
import type { QmpClient } from './qmp/qmp-client.ts';

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
