import { watch } from 'node:fs';
import { join } from 'node:path';
import { settlesWithin, sleep } from '#base/wait.ts';
import { Fault } from '#model/fault.ts';
import { systemErrorCode } from '../sys/libc.ts';
import type { GroupState } from './cgroups.ts';
import { processesBelow, readKeyed, write } from './files.ts';

const deadlineMs = 10_000;
const killStepMs = 5;

/** Both claims are false for a group that is not there. */
export function stateOf(folder: string): GroupState {
  return {
    isPopulated: readKeyed(folder, 'cgroup.events', 'populated') === '1',
    isFrozen: readKeyed(folder, 'cgroup.events', 'frozen') === '1',
  };
}

/** Tells the state at every change of a v2 group, all groups together by one inotify instance (libuv's). */
export function watchGroup(folder: string, listener: (state: GroupState) => void): { stop(): void } {
  const watcher = watch(join(folder, 'cgroup.events'), { persistent: false }, () =>
    listener(stateOf(folder)),
  );
  watcher.on('error', () => watcher.close()); // the group is gone, which was told
  return { stop: () => watcher.close() };
}

/** Resolves when the group and all below it are in the wanted state. Throws `timed-out` after 10 s. */
export async function reaches(folder: string, isThere: (state: GroupState) => boolean): Promise<void> {
  if (isThere(stateOf(folder))) return;
  let watching: { stop(): void } | undefined;
  const change = new Promise<void>((resolve) => {
    const look = (state: GroupState): void => {
      if (isThere(state)) resolve();
    };
    watching = watchGroup(folder, look);
    look(stateOf(folder));
  });
  try {
    if (await settlesWithin(change, deadlineMs)) return;
  } finally {
    watching?.stop();
  }
  throw new Fault('timed-out', `The processes in ${folder} did not follow within ${deadlineMs / 1000} s`, {
    hint: 'A process that waits for a disk or a network file system cannot be stopped before that answers.',
  });
}

export async function freezeGroup(folder: string): Promise<void> {
  await write(folder, 'cgroup.freeze', 1);
  await reaches(folder, ({ isFrozen }) => isFrozen);
}

export async function thawGroup(folder: string): Promise<void> {
  await write(folder, 'cgroup.freeze', 0);
  await reaches(folder, ({ isFrozen }) => !isFrozen);
}

/** Kills whatever is in the group or below it and resolves when all has ended. Not there: succeeds. */
export async function killGroup(folder: string): Promise<void> {
  if (!stateOf(folder).isPopulated) return;
  try {
    await write(folder, 'cgroup.kill', 1);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    await killOneByOne(folder); // before Linux 5.14
  }
  await reaches(folder, ({ isPopulated }) => !isPopulated);
}

/** Until none is left, since they may fork as fast as we read. */
async function killOneByOne(folder: string): Promise<void> {
  for (let waitedMs = 0; stateOf(folder).isPopulated && waitedMs < deadlineMs; waitedMs += killStepMs) {
    for (const pid of await processesBelow(folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (systemErrorCode(error) !== 'ESRCH') throw error;
      }
    }
    await sleep(killStepMs);
  }
}
