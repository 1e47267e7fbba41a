import { rm, rmdir } from 'node:fs/promises';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import { systemErrorCode } from '#host/sys/libc.ts';
import { ConsoleLog } from '../console-log.ts';
import { removeRememberedLinks } from '../links.ts';
import type { VmFolder } from './vm-folder.ts';

/**
 * Takes away whatever a start has made, however far it got. Nothing there: succeeds. The disk
 * is not touched.
 */
export async function destroyVm(cgroups: Cgroups, id: string, folder: VmFolder): Promise<void> {
  await cgroups.killAll(id);
  await cgroups.remove(id);
  await removeRememberedLinks(folder.links);
  ConsoleLog.remove(folder);
  // Were anything still mounted there, rmdir refuses, and what is below it is spared.
  await rmdir(folder.console).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  });
  await rm(folder.path, { recursive: true, force: true }); // last: it tells `start` that something may be left
}
