import { readFileSync } from 'node:fs';
import type { Config } from '#model/instance.ts';
import type { ProfileRecords } from '#service/profiles/profile-records.ts';

/** The part of all the host's processes that one container may have. */
const processShare = 1 / 8;

/**
 * What new instances get when nobody says otherwise: a root disk, a NIC on the managed bridge, and limits by which none
 * starves the host or its neighbours, whatever runs in it. Processor time needs none: all have the same weight.
 */
export async function ensureDefaultProfile(
  records: ProfileRecords,
  project: string,
  bridge: string,
): Promise<void> {
  await records.create({
    project,
    name: 'default',
    description: 'What new instances get when no profile is named',
    config: protectiveLimits(readMost),
    devices: {
      root: { type: 'disk', path: '/', pool: 'default' },
      eth0: { type: 'nic', network: bridge, name: 'eth0' },
    },
  });
}

/** Limits that grow with the host. `readMost` tells how many threads its kernel lets live at once. */
export function protectiveLimits(readMost: () => number): Config {
  return {
    'limits.memory.reserve': '20%',
    'limits.processes': String(Math.floor(readMost() * processShare)),
  };
}

const readMost = (): number => Math.min(...['pid_max', 'threads-max'].map((name) => readNumber(name)));

const readNumber = (name: string): number => Number(readFileSync(`/proc/sys/kernel/${name}`, 'utf8'));
