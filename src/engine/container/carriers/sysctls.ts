import type { Programs } from '#host/process/programs.ts';
import { Fault } from '#model/fault.ts';
import type { RunPlan } from '../../engine.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { ContainerCarrier } from './carrier.ts';

/** Kernel settings of its own namespaces. One that is no longer set becomes what a fresh namespace has. */
export const sysctls: ContainerCarrier = {
  keys: [],
  part: partOf('sysctls'),
  specify({ linux }, { settings }) {
    if (Object.keys(settings.sysctls).length > 0) linux.sysctl = { ...settings.sysctls };
  },
  async change({ programs }, plan, { pid, instead }) {
    const wanted = plan.settings.sysctls;
    const left = Object.keys(instead.settings.sysctls).filter((name) => !(name in wanted));
    const usual = await Promise.all(
      left.map(async (name) => [name, await usualValue(programs, name)] as const),
    );
    await writeInside(programs, plan, pid, [...usual, ...Object.entries(wanted)]);
  },
};

const fileOf = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

/** Says what it is about to write, then writes it. */
const writeAll = 'while [ $# -gt 0 ]; do echo "$1"; printf %s "$3" >"$2" || exit; shift 3; done';

/** As the guest's root, to whom those settings belong; the program is the host's. */
async function writeInside(
  programs: Programs,
  { idRange }: RunPlan,
  pid: number,
  values: readonly (readonly [name: string, value: string])[],
): Promise<void> {
  const kinds = idRange ? ['user', 'net', 'ipc'] : ['net', 'ipc'];
  const { stdout, stderr, exitCode } = await programs.run(
    [
      ...['nsenter', ...kinds.map((kind) => `--${kind}=/proc/${pid}/ns/${kind}`)],
      ...['sh', '-c', writeAll, 'sh', ...values.flatMap(([name, value]) => [name, fileOf(name), value])],
    ],
    { okExits: [1, 2] },
  );
  if (exitCode === 0) return;
  const name = stdout.trim().split('\n').at(-1) ?? '';
  if (name === '') throw new Fault('host', `Cannot set what a container’s kernel does. ${stderr.trim()}`);
  const value = values.find(([each]) => each === name)?.[1];
  throw new Fault('invalid', `The kernel refuses "${value}" for ${name} of a container`, {
    cause: new Error(stderr.trim()),
  });
}

/** What it is in namespaces that nobody has touched. Of one NIC, what new ones have. */
async function usualValue(programs: Programs, name: string): Promise<string> {
  const file = fileOf(name.replace(/^(net\.ipv[46]\.(?:conf|neigh))\.[^.]+\./, '$1.default.'));
  const argv = ['unshare', '--net', '--ipc', 'cat', file];
  const { stdout } = await programs.run(argv, { purpose: `look up what ${name} usually is` });
  return stdout.trim();
}
