import { openSync } from 'node:fs';
import type { RunPlan } from '../engine.ts';
import { makeTaps } from '#host/network/tap.ts';
import { sizeOf } from './carriers/size.ts';
import type { Descriptors } from './descriptors.ts';
import type { MachineNic, NicQueue } from './machine.ts';

/** Each costs the guest's kernel memory and QEMU three descriptors. */
const mostQueues = 8;

/** Makes the links of a machine. Every processor of the guest gets a queue of its own in each, up to eight. */
export async function openNics({ nics, settings }: RunPlan, descriptors: Descriptors): Promise<MachineNic[]> {
  const queues = Math.min(sizeOf(settings).processors, mostQueues);
  const taps = await makeTaps(nics.map((nic) => ({ ...nic, queues })));
  const queueOf = (tap: number): NicQueue => ({
    descriptor: descriptors.give(tap),
    vhostDescriptor: openVhost(descriptors),
  });
  return nics.map(({ mac }, index) => ({ mac, queues: (taps[index] ?? []).map(queueOf) }));
}

/** Without it QEMU moves the packets itself. */
function openVhost(descriptors: Descriptors): number | undefined {
  try {
    return descriptors.give(openSync('/dev/vhost-net', 'r+'));
  } catch {
    return undefined;
  }
}
