import { asFault } from '#model/fault.ts';
import { type CgroupLayout, cgroupLayout } from '../cgroup/layout.ts';
import { type Check, note, ok, problem, warning } from './check.ts';
import type { HostView } from './host-view.ts';

const layout: Check = {
  name: 'cgroup-layout',
  area: 'cgroups',
  about: 'which version of cgroups the host uses',
  meaning:
    'Wadah serves this too. Some things are to be had with cgroup v2 alone, and distributions leave v1 behind: programs that read their limits from it get fewer.',
  remedy: 'Boot with the kernel parameter systemd.unified_cgroup_hierarchy=1',
  isCheap: true,
  run(host) {
    const found = tryLayout(host);
    if (found instanceof Error) {
      const { message, hint = '' } = asFault(found);
      return problem(message, {
        meaning: 'The daemon does not start: without cgroups nothing of an instance can be limited or ended.',
        remedy: hint,
      });
    }
    if (found.version === 2) return ok(`cgroup v2, at ${found.mount}`);
    const names = Object.keys(found.hierarchies).join(', ');
    const kind = found.v2 === undefined ? 'cgroup v1' : `hybrid: cgroup v2 at ${found.v2}, beside v1`;
    return note(`${kind} (${names})`);
  },
};

function tryLayout(host: HostView): CgroupLayout | Error {
  try {
    return cgroupLayout(host.mounts());
  } catch (error) {
    return error as Error;
  }
}

/** Names of the controllers that the host's hierarchies have; `blkio` of v1 is `io`. */
function controllersOf(host: HostView): Set<string> {
  const found = tryLayout(host);
  if (found instanceof Error) return new Set();
  if (found.version === 2) {
    return new Set((host.read(`${found.mount}/cgroup.controllers`) ?? '').trim().split(/\s+/));
  }
  const names = Object.keys(found.hierarchies).flatMap((name) => name.split(','));
  return new Set(names.map((name) => (name === 'blkio' ? 'io' : name)));
}

interface ControllerUse {
  controller: string;
  meaning: string;
  /** What hides it, where it is one that kernels have. */
  remedy?: string;
}

const uses: readonly ControllerUse[] = [
  {
    controller: 'memory',
    meaning: 'Memory is neither limited nor counted: one instance can take that of all.',
    remedy: 'Boot with the kernel parameter cgroup_enable=memory (a Raspberry Pi has it off)',
  },
  { controller: 'cpu', meaning: 'Processor time is not limited: one instance can take that of all.' },
  { controller: 'cpuset', meaning: 'Instances cannot be given certain processors (limits.cpu).' },
  {
    controller: 'pids',
    meaning: 'Processes are not limited: one instance can fork until the host has no more process ids.',
  },
  { controller: 'io', meaning: 'Reading and writing of disks is not limited.' },
];

const controllerCheck = ({ controller, meaning, remedy }: ControllerUse): Check => ({
  name: `cgroup-${controller}`,
  area: 'cgroups',
  about: `whether the cgroup controller ${controller} is there`,
  meaning,
  remedy: remedy ?? 'Look for cgroup_disable among the kernel parameters: cat /proc/cmdline',
  isCheap: true,
  run: (host) =>
    controllersOf(host).has(controller)
      ? ok(`The controller ${controller} is there`)
      : warning(`There is no controller ${controller}`),
});

export const cgroupChecks: readonly Check[] = [layout, ...uses.map(controllerCheck)];
