import { formatBytes } from '#base/units.ts';
import { Fault } from '#model/fault.ts';

const whatIsLimited: Record<string, string> = {
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
