import { closeSync, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { endOf } from '#host/process/end-of.ts';
import { timedOut } from '#host/process/faults.ts';
import type { Programs } from '#host/process/programs.ts';
import { Fault } from '#model/fault.ts';
import { type Crun, crunMessage } from './crun.ts';
import { joinGroups } from '../join-groups.ts';
import type { RunFolder } from './run-folder.ts';

const launchMs = 60_000;

export interface LaunchRequest {
  id: string;
  folder: RunFolder;
  groups: { leaf: string; v1: readonly string[] };
}

/** A crun that is ready to run a bundle which is still being prepared. */
export interface Launch {
  /**
   * Runs it. Resolves to the pid of the instance's init, which runs. Throws `host` with what crun said, `timed-out`
   * when it was not done after a minute.
   */
  go(abort: AbortSignal): Promise<number>;
  /** Ends it, unless it has gone. */
  cancel(): void;
}

/**
 * Starts the shell that becomes crun. It enters the instance's cgroups meanwhile, which takes the kernel longer
 * than all the rest. Its output, and then init's, goes to the console log.
 */
export async function prepareLaunch(
  programs: Programs,
  crun: Crun,
  { id, folder, groups }: LaunchRequest,
): Promise<Launch> {
  const run = [
    'run',
    '--detach',
    '--no-new-keyring',
    '--bundle',
    folder.bundle,
    '--pid-file',
    folder.pidFile,
    id,
  ];
  const argv = joinGroups(groups, crun.command(folder.crunLog, ...run), {
    waitForGo: { thenInput: folder.consoleInput },
  });
  const log = openSync(folder.consoleLog, 'a');
  try {
    const program = await programs.spawn(argv, { stdio: ['pipe', log, log] });
    const { child } = program;
    child.stdin?.on('error', () => {}); // it has failed already, as `exited` tells
    return {
      async go(abort) {
        abort.throwIfAborted();
        child.stdin?.end('go\n');
        const { exit, isLate } = await endOf(program, launchMs, abort);
        const { code, signal } = exit;
        if (code === 0) return Number(readFileSync(folder.pidFile, 'utf8'));
        abort.throwIfAborted();
        if (isLate) throw timedOut(['crun'], launchMs, 'start the container');
        throw await launchFault(
          folder,
          code === null ? `was ended by ${signal}` : `failed with status ${code}`,
        );
      },
      cancel: () => child.stdin?.destroy(),
    };
  } finally {
    closeSync(log);
  }
}

async function launchFault(folder: RunFolder, how: string): Promise<Fault> {
  const said = (await crunMessage(folder.crunLog)) ?? (await readFile(folder.consoleLog, 'utf8')).trim();
  return new Fault('host', `crun could not start the container: ${said || how}`, {
    cause: new Error(`crun ${how}: ${said}`),
  });
}
