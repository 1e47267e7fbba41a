import { chmod, copyFile } from 'node:fs/promises';
import { machine } from 'node:os';
import { join } from 'node:path';
import type { Programs } from '#host/process/programs.ts';
import type { OperationProgress } from '#model/operation.ts';
import { hostBusybox, requireStaticBusybox } from '../host-busybox.ts';
import type { Recipe } from '../recipe.ts';
import type { TreeEntry } from '../tree.ts';
import { writeTree } from '../tree.ts';
import { busyboxTree } from './tree.ts';

/** The smallest system that boots: this host's busybox-static and a few files, 2 MB, made in no time. */
export function busyboxRecipe(programs: Programs): Recipe {
  return {
    name: 'busybox',
    description: 'BusyBox, for trials and tests',
    types: ['container'],
    architecture: machine(),
    properties: { os: 'BusyBox', variant: 'minimal' },
    // init powers off at SIGUSR2 and reboots at SIGTERM. It tells nobody when it is ready.
    init: { command: ['/sbin/init'], stopSignal: 'SIGUSR2', notifiesReady: false },
    buildBytes: 4 * 2 ** 20,
    build: (folder, signal, report) => build(programs, join(folder, 'rootfs'), { signal, report }),
  };
}

async function build(
  programs: Programs,
  root: string,
  { signal, report }: { signal: AbortSignal; report: (progress: OperationProgress) => void },
): Promise<void> {
  report({ stage: 'Copying busybox' });
  await requireStaticBusybox();
  const purpose = 'build image "busybox"';
  const banner = await programs.run([hostBusybox], { signal, purpose });
  const applets = await programs.run([hostBusybox, '--list-full'], { signal, purpose });
  const version = /BusyBox v(\S+)/.exec(banner.stdout + banner.stderr)?.[1] ?? 'unknown';
  await writeTree(join(root, '..'), [{ path: 'rootfs', folder: true }]);
  await writeTree(root, [...busyboxTree(version), ...appletLinks(applets.stdout)]);
  await copyFile(hostBusybox, join(root, 'bin/busybox'));
  await chmod(join(root, 'bin/busybox'), 0o755);
}

function appletLinks(list: string): TreeEntry[] {
  const paths = list.split('\n').filter((path) => path.includes('/') && path !== 'bin/busybox');
  return paths.map((path) => ({ path, link: '/bin/busybox' }));
}
