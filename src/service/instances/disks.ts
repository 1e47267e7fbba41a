import { join } from 'node:path';
import type { BootPlan, RootPlan } from '#engine/engine.ts';
import type { Pool, RootLimits } from '#host/storage/pool.ts';
import { kernelCommandLine } from '#image/boot.ts';
import { type Devices, type DiskValues, readDisk } from '#model/device.ts';
import type { Instance, InstanceType } from '#model/instance.ts';
import type { OperationProgress } from '#model/operation.ts';

type OfInstance = Pick<Instance, 'id' | 'image' | 'type' | 'name'>;

/** Of a virtual machine whose root disk names no size. It takes only what is written to it. */
export const usualDiskBytes = 10 * 2 ** 30;

/** What the options of the root disk say. */
const rootDisk = (devices: Devices): DiskValues =>
  readDisk(Object.values(devices).find(({ type, path }) => type === 'disk' && path === '/') ?? {});

/** Makes what a virtual machine writes to: for the first one of an image, the disk that all of them stand on, too. */
export async function makeDisk(
  pool: Pool,
  instance: OfInstance,
  devices: Devices,
  { signal, report }: { signal: AbortSignal; report(progress: OperationProgress): void },
): Promise<void> {
  report({ stage: 'Making the disk of the image' });
  await pool.makeBaseDisk(instance.image, signal);
  report({ stage: 'Making the disk' });
  await pool.makeDisk(instance.id, instance.image, rootDisk(devices).sizeBytes ?? usualDiskBytes);
}

/** What a container's root disk may hold; `undefined` for a virtual machine, whose disk limits itself. */
export function rootLimits(type: InstanceType, devices: Devices): RootLimits | undefined {
  if (type !== 'container') return undefined;
  const { sizeBytes, inodes } = rootDisk(devices);
  return { sizeBytes, inodes };
}

/** To be called before the root disk of a container is used. Virtual machines open theirs themselves. */
export async function openRoot(
  { pool }: { pool: Pool },
  { id, type }: Pick<Instance, 'id' | 'type'>,
  devices: Devices,
): Promise<void> {
  const limits = rootLimits(type, devices);
  if (limits) await pool.openRoot(id, limits);
}

export function planRoot(pool: Pool, instance: OfInstance, devices: Devices): RootPlan {
  const { sizeBytes, readRate, writeRate } = rootDisk(devices);
  const io = readRate || writeRate ? { read: readRate, write: writeRate } : undefined;
  if (instance.type === 'container') {
    return { kind: 'overlay', ...pool.rootLayers(instance.id, instance.image), io };
  }
  const { path, base } = pool.disk(instance.id, instance.image);
  return { kind: 'disk', path, format: 'qcow2', base: { path: base, format: 'raw' }, sizeBytes, io };
}

/** The image's own kernel, which finds the root disk by the image's initrd. Containers boot none. */
export function planBoot(pool: Pool, { id, image, type, name }: OfInstance): BootPlan | undefined {
  if (type === 'container') return undefined;
  const folder = pool.imageFolder(image);
  const { uuid } = pool.disk(id, image);
  return {
    kernel: join(folder, 'kernel'),
    initrd: join(folder, 'initrd'),
    commandLine: kernelCommandLine({ uuid, name }),
  };
}
