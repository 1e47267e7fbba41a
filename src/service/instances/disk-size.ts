import { formatBytes } from '#base/units.ts';
import { holdsMore } from '#host/storage/faults.ts';
import type { Pool } from '#host/storage/pool.ts';
import { Fault } from '#model/fault.ts';
import type { Devices } from '#model/device.ts';
import type { Instance } from '#model/instance.ts';
import { planRoot, rootLimits, usualDiskBytes } from './disks.ts';

type OfInstance = Pick<Instance, 'id' | 'image' | 'type' | 'name'>;

/**
 * For a change of a virtual machine's devices: its disk has been made as large as they said. Throws `invalid` for one
 * that would have to become smaller, before anything of the change is written.
 */
export function requireNoSmallerDisk(
  pool: Pool,
  instance: OfInstance,
  { before, after }: { before: Devices; after: Devices },
): void {
  const [is, becomes] = [before, after].map((devices) => diskBytes(pool, instance, devices));
  if (is === undefined || becomes === undefined || becomes >= is) return;
  throw new Fault(
    'invalid',
    `The disk of "${instance.name}" is ${formatBytes(is)} large and cannot become smaller`,
    {
      hint: 'Make a new instance with a smaller disk and copy what you need.',
    },
  );
}

/**
 * For a change of a container's devices: where it is known how many inodes its root disk holds, it is refused now to
 * have fewer, and not at the next start. Throws `insufficient`.
 */
export async function requireNoFewerInodes(
  pool: Pool,
  { id, type }: OfInstance,
  { before, after }: { before: Devices; after: Devices },
): Promise<void> {
  const [is, wanted] = [before, after].map((devices) => rootLimits(type, devices)?.inodes);
  if (wanted === undefined || wanted === is) return;
  const { held = 0 } = (await pool.rootUsage(id, { isWhole: false })).amounts.inodes ?? {};
  if (held > wanted) throw holdsMore(`${wanted} inodes`, String(held));
}

function diskBytes(pool: Pool, instance: OfInstance, devices: Devices): number | undefined {
  const root = planRoot(pool, instance, devices);
  return root.kind === 'disk' ? (root.sizeBytes ?? usualDiskBytes) : undefined;
}
