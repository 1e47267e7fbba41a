import type { ExecRequest, RunPlan } from '../engine.ts';
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
  if (message.startsWith('open executable')) {
    return new Fault('invalid', `"${command}" inside cannot be executed: ${reason}`);
  }
  return new Fault('host', `crun could not start "${command}" inside: ${message}`);
}
