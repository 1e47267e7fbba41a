import { formatBytes } from '#base/units.ts';
import { Fault } from '#model/fault.ts';
import { formatCpuList } from './cpus.ts';

const whatIsLimited: Record<string, string> = {
  blkio: 'the use of disks',
  cpu: 'processor time',
  io: 'the use of disks',
  memory: 'memory',
  cpuset: 'processors',
  pids: 'the number of processes',
};

export function noController(controller: string): Fault {
  const what = whatIsLimited[controller] ?? controller;
  return new Fault(
    'unsupported',
    `This host cannot limit ${what}: it has no ${controller} cgroup controller`,
    {
      hint: `See /proc/cgroups; the kernel command line may switch it off (cgroup_disable=${controller}).`,
    },
  );
}

export function noNodes(wanted: readonly number[], there: readonly number[]): Fault {
  return new Fault('insufficient', `This host has not all of the NUMA nodes ${formatCpuList(wanted)}`, {
    hint: `It has ${formatCpuList(there)}.`,
  });
}

export function noSwapAccounts(): Fault {
  return new Fault('unsupported', 'This host cannot limit swap: its kernel does not account it', {
    hint: 'Boot it with swapaccount=1 on the kernel command line.',
  });
}

export function swapAlone(): Fault {
  return new Fault('unsupported', 'This host limits swap only together with memory (cgroup v1)', {
    hint: 'Set limits.memory as well, and not softly.',
  });
}

export function tooMuchInUse(limitBytes: number, usedBytes: number, cause?: unknown): Fault {
  const [limit, used] = [formatBytes(limitBytes), formatBytes(usedBytes)];
  return new Fault(
    'insufficient',
    `Cannot limit memory to ${limit}: ${used} is in use and cannot be taken back`,
    {
      hint: 'Stop programs inside first, or choose a higher limit.',
      cause,
    },
  );
}
