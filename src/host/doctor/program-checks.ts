import type { CheckStatus } from '#model/doctor.ts';
import { asFault, isFault } from '#model/fault.ts';
import { type Check, type Result, ok } from './check.ts';
import type { HostView } from './host-view.ts';

interface ProgramUse {
  program: string;
  /** How bad it is when it is not there. */
  status: Exclude<CheckStatus, 'ok'>;
  /** What does not work without it. */
  meaning: string;
  /** Arguments that make it tell its version, and the oldest that will do, where that is known. */
  version?: { args: readonly string[]; oldest: string };
}

const noStart = 'The daemon does not start:';

const uses: readonly ProgramUse[] = [
  {
    program: 'crun',
    status: 'problem',
    meaning: `${noStart} crun starts the containers.`,
    version: { args: ['--version'], oldest: '1.8' },
  },
  { program: 'ip', status: 'problem', meaning: `${noStart} it makes the network’s links and addresses.` },
  { program: 'nft', status: 'problem', meaning: `${noStart} it filters, forwards and translates packets.` },
  { program: 'dnsmasq', status: 'problem', meaning: `${noStart} it gives instances names and addresses.` },
  {
    program: 'lxcfs',
    status: 'problem',
    meaning: `${noStart} it shows containers their own memory and processors.`,
  },
  { program: 'unshare', status: 'problem', meaning: `${noStart} it makes namespaces.` },
  { program: 'nsenter', status: 'problem', meaning: `${noStart} it enters namespaces.` },
  { program: 'mount', status: 'problem', meaning: `${noStart} it mounts in the daemon’s own namespace.` },
  {
    program: 'setpriv',
    status: 'warning',
    meaning: 'Virtual machines do not start: it takes all rights from QEMU.',
  },
  { program: 'modprobe', status: 'note', meaning: 'The kernel cannot load modules that an instance needs.' },
  {
    program: 'qemu-system-x86_64',
    status: 'warning',
    meaning: 'There are no virtual machines; containers work.',
    version: { args: ['--version'], oldest: '7.2' },
  },
  { program: 'qemu-img', status: 'warning', meaning: 'Virtual machines get no disks; containers work.' },
  {
    program: 'mke2fs',
    status: 'warning',
    meaning: 'Virtual machines of images that are built here get no disks; containers work.',
  },
  {
    program: 'busybox',
    status: 'note',
    meaning: 'The image busybox cannot be built, nor what virtual machines boot through.',
  },
  { program: 'mmdebstrap', status: 'note', meaning: 'Images of Debian cannot be built.' },
  { program: 'zstd', status: 'note', meaning: 'Images of Debian cannot be built: it unpacks packages.' },
];

const programCheck = (use: ProgramUse): Check => ({
  name: use.program,
  area: 'programs',
  about: `whether ${use.program} is installed${use.version ? `, ${use.version.oldest} or newer` : ''}`,
  meaning: use.meaning,
  remedy: 'apt-get install, with the package that it names',
  ...(use.version === undefined && { isCheap: true }),
  run: (host) => look(use, host),
});

async function look({ program, status, version }: ProgramUse, host: HostView): Promise<Result> {
  try {
    const path = host.findProgram(program);
    return version ? await judgeVersion(path, version, status, host) : ok(path);
  } catch (error) {
    if (!isFault(error, 'unsupported')) throw error;
    const { message, hint = '' } = asFault(error);
    return { status, what: message, remedy: hint.replace(/^Install it: /, '') };
  }
}

async function judgeVersion(
  path: string,
  { args, oldest }: NonNullable<ProgramUse['version']>,
  status: CheckStatus,
  { programs }: HostView,
): Promise<Result> {
  const { stdout } = await programs.run([path, ...args], { purpose: `ask ${path} for its version` });
  const found = /\bversion v?(\d+(?:\.\d+)*)/.exec(stdout)?.[1];
  if (found === undefined) return ok(`${path}, which does not tell its version`);
  if (compareVersions(found, oldest) >= 0) return ok(`${path}, version ${found}`);
  return {
    status,
    what: `${path} is version ${found}; Wadah needs ${oldest} or newer`,
    remedy: 'Upgrade it: apt-get update && apt-get upgrade; backports have newer ones.',
  };
}

/** Negative, 0 or positive, as `a` is older than `b`, the same or newer. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  const index = (left ?? []).findIndex((part, at) => part !== (right?.[at] ?? 0));
  return index < 0 ? 0 : (left?.[index] ?? 0) - (right?.[index] ?? 0);
}

export const programChecks: readonly Check[] = uses.map(programCheck);
