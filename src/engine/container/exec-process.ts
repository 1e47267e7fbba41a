import type { ExecRequest, RunPlan } from '../engine.ts';
import type { Counter } from '#model/counter.ts';
import { Fault } from '#model/fault.ts';
import type { OciProcess } from './oci.ts';
import { guestRights } from './carriers/rights.ts';
import { environmentList, guestPath, type HostOffer } from './spec.ts';

/** A program that is to run inside, as crun wants it. HOME is added by crun, which reads the guest's passwd inside. */
export function buildProcess(
  plan: Pick<RunPlan, 'settings' | 'idRange'>,
  request: ExecRequest & { cwd: string },
  host: Pick<HostOffer, 'openFilesMax' | 'capabilities'>,
): OciProcess {
  const { command, terminal, user, group, cwd } = request;
  return {
    terminal: terminal !== undefined,
    ...(terminal && { consoleSize: { width: terminal.columns, height: terminal.rows } }),
    user: { uid: user, gid: group },
    args: command,
    env: environmentList({
      PATH: guestPath,
      LANG: 'C.UTF-8',
      ...(user === 0 && { USER: 'root' }),
      ...(terminal && { TERM: 'xterm' }),
      ...plan.settings.environment,
      ...request.environment,
    }),
    cwd,
    ...guestRights(plan, host),
  };
}

/** Folders in which a program may start, the best first. */
export function startFolders({ cwd, user, environment }: ExecRequest): string[] {
  if (cwd !== undefined) return [cwd];
  const home = environment['HOME'] ?? (user === 0 ? '/root' : '/');
  return home === '/' ? ['/'] : [home, '/'];
}

/** Whether crun failed because the folder to start in cannot be entered. */
export const isFolderMissing = (message: string): boolean => message.startsWith('chdir');

/** What crun said when it could not start a program inside, as a Fault with the code that the exit status needs. */
export function execFault(message: string, command: string, cwd: string): Fault {
  const reason = message.slice(message.lastIndexOf(': ') + 2);
  if (isFolderMissing(message)) {
    return new Fault('invalid', `Cannot start in the folder ${cwd} inside: ${reason}`);
  }
  if (/\$PATH|open executable: No such file/.test(message)) {
    return new Fault('not-found', `There is no program "${command}" inside`);
  }
  // Of 1.8, and of 1.21.
  if (message.startsWith('open executable') || message.includes('it is not executable')) {
    return new Fault('invalid', `"${command}" inside cannot be executed: ${reason}`);
  }
  return new Fault('host', `crun could not start "${command}" inside: ${message}`);
}

/** Of crun's own and the program: how many there are at once while it begins. */
const processesToBegin = 3;

/** Why nothing can begin inside, if it is for the limit of processes: of that, crun itself says nothing clear. */
export function findLimitFault(
  { held = 0, limit }: Counter,
  name: string,
  command: string,
): Fault | undefined {
  if (limit === undefined || held + processesToBegin <= limit) return undefined;
  return new Fault(
    'insufficient',
    `Cannot start "${command}" inside: "${name}" has ${held} processes, may have ${limit}, and it takes ${processesToBegin} to begin`,
    {
      hint: `Raise the limit: wadah config set ${name} limits.processes ${2 * limit}. Where that does not help, wadah stop --force does.`,
    },
  );
}
