import { closeSync, openSync } from 'node:fs';
import { settlesWithin } from '#base/wait.ts';
import { Fault, type FaultCode } from '#model/fault.ts';
import { Output } from '../process/output.ts';
import type { Programs, SpawnedProgram } from '../process/programs.ts';
import type { GuestPathRequest } from './request.ts';

const usualPatienceMs = 10_000;
const answerBytes = 65_536;

/** What the program of this folder says, if anything is wrong: one line of JSON. */
export interface GuestPathFault {
  code: FaultCode;
  message: string;
  hint?: string | undefined;
}

/**
 * Mounts and unmounts at paths as a guest sees them. Whoever walks them may have to wait for ever, for a file system
 * that the guest has put there and does not serve, and can then not even be killed until the guest is. So a process of
 * its own does that, and is left alone when it takes too long.
 */
export class GuestPaths {
  readonly #programs: Programs;
  readonly #program: string;
  readonly #patienceMs: number;

  /** `program`: path of guest-paths.mjs. `patienceMs`: how long a path may take. */
  constructor(programs: Programs, program: string, patienceMs = usualPatienceMs) {
    this.#programs = programs;
    this.#program = program;
    this.#patienceMs = patienceMs;
  }

  /**
   * In the mount namespace of process `pid`, with detached mounts, which stay the caller's to close. Throws `invalid`,
   * `host`, and `timed-out` where a path does not answer.
   */
  async work(pid: number, request: GuestPathRequest, mounts: readonly number[] = []): Promise<void> {
    const namespace = openSync(`/proc/${pid}/ns/mnt`, 'r');
    try {
      // Should we die, nobody goes on who might still attach what the next daemon takes back.
      const argv = [
        'setpriv',
        '--pdeathsig',
        'KILL',
        process.execPath,
        this.#program,
        JSON.stringify(request),
      ];
      const stdio = ['ignore', 'pipe', 'pipe', namespace, ...mounts] as const;
      await untilDone(await this.#programs.spawn(argv, { stdio }), request, this.#patienceMs);
    } finally {
      closeSync(namespace);
    }
  }
}

async function untilDone(
  { pid, exited, child }: SpawnedProgram,
  request: GuestPathRequest,
  patienceMs: number,
): Promise<void> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('The program at paths of guests has two pipes');
  const [answer, complaint] = [new Output(stdout, answerBytes), new Output(stderr, answerBytes)];
  if (!(await settlesWithin(exited, patienceMs))) {
    process.kill(pid, 'SIGKILL'); // heard at once, or when the path answers: nobody else's pid before
    for (const stream of [stdout, stderr]) stream.destroy();
    throw noAnswer(request, patienceMs);
  }
  await Promise.all([answer.closed, complaint.closed]);
  const { code } = await exited;
  if (code === 0) return;
  const said = answer.text() || JSON.stringify({ code: 'host', message: `It failed: ${complaint.text()}` });
  const { code: faultCode, message, hint } = JSON.parse(said) as GuestPathFault;
  throw new Fault(faultCode, message, hint === undefined ? {} : { hint });
}

function noAnswer(request: GuestPathRequest, patienceMs: number): Fault {
  const path = request.do === 'replace' ? request.targets[0] : request.path;
  return new Fault('timed-out', `The path ${path} inside did not answer within ${patienceMs / 1000} s`, {
    hint: 'A file system that was mounted on the way to it hangs; look for it inside: grep fuse /proc/mounts',
  });
}
