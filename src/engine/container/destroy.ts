import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { allDone } from '#base/all-done.ts';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import { systemErrorCode } from '#host/sys/libc.ts';
import { ConsoleLog } from '../console-log.ts';
import { removeRememberedLinks } from '../links.ts';
import type { Crun } from './crun.ts';
import { unmountRoot } from './rootfs.ts';
import { clearStage } from './staged-mounts.ts';
import type { RunFolder } from './run-folder.ts';

/** Takes away whatever a start has made, however far it got. Nothing there: succeeds. The disk is not touched. */
export async function destroyContainer(
  { cgroups, crun }: { cgroups: Cgroups; crun: Crun },
  id: string,
  folder: RunFolder,
): Promise<void> {
  await cgroups.killAll(id);
  await allDone([
    cgroups.remove(id),
    removeRememberedLinks(folder.links),
    // Its own way, `crun delete`, is one more program to start and does nothing else.
    rm(join(crun.stateFolder, id), { recursive: true, force: true }),
  ]);
  await removeFolder(folder); // last: as long as it is there, `start` knows that something may be left
}

async function removeFolder(folder: RunFolder): Promise<void> {
  const entries = (await readdir(folder.path).catch(ignoreMissing)) ?? [];
  const layers = entries.filter((name) => /^lower\d+$/.test(name)).map((name) => join(folder.path, name));
  unmountRoot({ lower: layers }, folder);
  ConsoleLog.remove(folder);
  clearStage(folder.stage);
  // Were anything still mounted there, rmdir refuses, and what is below it is spared.
  for (const place of [...layers, folder.disk, folder.root, folder.console]) {
    await rmdir(place).catch(ignoreMissing);
  }
  await rm(folder.path, { recursive: true, force: true });
}

function ignoreMissing(error: unknown): undefined {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
}
