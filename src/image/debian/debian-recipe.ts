import { machine } from 'node:os';
import { join } from 'node:path';
import type { Programs } from '#host/process/programs.ts';
import type { OperationProgress } from '#model/operation.ts';
import { makeInitrd } from '../initrd/initrd.ts';
import type { Recipe } from '../recipe.ts';
import { writeTree } from '../tree.ts';
import { bootstrap } from './bootstrap.ts';
import { unpackKernel } from './kernel.ts';
import { debianPackages } from './packages.ts';
import { type DebianRelease, debianArchitecture } from './releases.ts';
import { tidy } from './tidy.ts';
import { debianTree, dpkgOptions } from './tree.ts';

/** How much of the whole mmdebstrap is, in percent. */
const bootstrapPercent = 88;

/**
 * A Debian server with systemd, from Debian's packages: one tree for containers, with a kernel beside it for VMs.
 * `packages` says what is installed beside those that Debian calls required.
 */
export function debianRecipe(
  programs: Programs,
  release: DebianRelease,
  packages: readonly string[] = debianPackages,
): Recipe {
  return {
    name: `debian/${release.version}`,
    description: `Debian ${release.version} (${release.codename})`,
    types: ['container', 'virtual-machine'],
    architecture: machine(),
    properties: { os: 'Debian', release: release.codename, version: release.version, variant: 'default' },
    init: { command: ['/sbin/init'], stopSignal: 'SIGRTMIN+3', notifiesReady: true },
    buildBytes: 600 * 2 ** 20,
    build: (folder, signal, report) => build({ programs, release, packages, folder, signal, report }),
  };
}

interface Job {
  programs: Programs;
  release: DebianRelease;
  packages: readonly string[];
  folder: string;
  signal: AbortSignal;
  report(progress: OperationProgress): void;
}

async function build(job: Job): Promise<void> {
  const { programs, release, folder, signal, report } = job;
  const root = join(folder, 'rootfs');
  const ofAll = ({ stage, percent = 0 }: OperationProgress) =>
    report({ stage, percent: Math.floor((percent * bootstrapPercent) / 100) });
  const architecture = debianArchitecture(machine());
  await bootstrap({ ...job, architecture, report: ofAll }, dpkgOptions);
  report({ stage: 'Unpacking the kernel', percent: bootstrapPercent });
  await unpackKernel(programs, folder, signal);
  await makeInitrd(programs, folder, signal);
  report({ stage: 'Tidying up', percent: 97 });
  await tidy(programs, root, signal);
  await writeTree(root, debianTree(release));
}
