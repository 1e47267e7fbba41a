import { setMaxListeners } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Writable } from 'node:stream';
import type { ExecRequest, ExecSession, RunPlan, TerminalSize } from '../engine.ts';
import type { CgroupFolders } from '#host/cgroup/cgroups.ts';
import { readGroupCounters } from '#host/cgroup/group-counters.ts';
import { killGroup } from '#host/cgroup/v2-group.ts';
import { exitOf } from '#host/process/children.ts';
import { endOf } from '#host/process/end-of.ts';
import { timedOut } from '#host/process/faults.ts';
import type { ProgramExit, Programs, ProgramStreams } from '#host/process/programs.ts';
import { type Crun, crunMessage } from './crun.ts';
import type { ExecLeaves } from './exec-leaves.ts';
import { buildProcess, execFault, findLimitFault, isFolderMissing, startFolders } from './exec-process.ts';
import { ExecOutput } from './exec-streams.ts';
import { joinGroups } from '../join-groups.ts';
import type { RunFolder } from './run-folder.ts';
import { signalNumber } from './signals.ts';
import type { HostOffer } from './spec.ts';
import type { Strays } from './strays.ts';
import { ConsoleSocket, Terminal } from './terminal.ts';

const crunMs = 60_000;

export interface ExecDeps {
  programs: Programs;
  crun: Crun;
  strays: Strays;
  host: Pick<HostOffer, 'openFilesMax' | 'capabilities'>;
}

/** The instance inside which something is to run. */
export interface ExecTarget {
  plan: RunPlan;
  folder: RunFolder;
  groups: CgroupFolders;
  leaves: ExecLeaves;
}

interface Attempt extends ExecDeps, ExecTarget {
  request: ExecRequest;
  leaf: string;
  /** Folder of our own for what crun reads and writes meanwhile. */
  scratch: string;
}

/** A program that runs inside. */
interface Started {
  pid: number;
  ended: Promise<ProgramExit>;
  stdin: Writable;
  stdout: ExecOutput;
  stderr: ExecOutput | undefined;
  resize(size: TerminalSize): void;
}

/**
 * Runs a program inside, by crun, which ends as soon as the program runs: from then on that is our own child.
 * An abort kills it with all that it started. Throws `not-found`, `invalid`.
 */
export async function startExec(
  deps: ExecDeps,
  target: ExecTarget,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<ExecSession> {
  signal.throwIfAborted();
  setMaxListeners(0, signal); // one signal may stand for many programs
  const leaf = await target.leaves.make();
  const kill = (): void => void killGroup(leaf).catch(() => {}); // what cannot die now, dies with the instance
  signal.addEventListener('abort', kill, { once: true });
  const leave = async (): Promise<void> => {
    signal.removeEventListener('abort', kill);
    await target.leaves.drop(leaf);
  };
  try {
    const scratch = join(target.folder.path, basename(leaf));
    const started = await startSomewhere({ ...deps, ...target, request, leaf, scratch });
    const session = asSession(started, signal, leave);
    if (signal.aborted) await killGroup(leaf); // the first try came before anything was in there
    signal.throwIfAborted();
    return session;
  } catch (error) {
    await leave();
    signal.throwIfAborted();
    throw error;
  }
}

/** In the folder that was asked for, or else in the first of the usual ones that is there. */
async function startSomewhere(attempt: Attempt): Promise<Started> {
  const [first = '/', ...others] = startFolders(attempt.request);
  try {
    return await startIn(first, attempt);
  } catch (error) {
    const [next] = others;
    if (next === undefined || !(error instanceof CrunRefusal) || !isFolderMissing(error.message))
      throw asFault(error, attempt, first);
    return await startIn(next, attempt).catch((again: unknown) => {
      throw asFault(again, attempt, next);
    });
  }
}

function asFault(error: unknown, { request, plan, groups }: Attempt, cwd: string): unknown {
  if (!(error instanceof CrunRefusal)) return error;
  const [command = ''] = request.command;
  const { processes = {} } = readGroupCounters(groups).counters;
  return findLimitFault(processes, plan.name, command) ?? execFault(error.message, command, cwd);
}

async function startIn(cwd: string, attempt: Attempt): Promise<Started> {
  const { scratch, plan, request, host } = attempt;
  await mkdir(scratch);
  try {
    const process = buildProcess(plan, { ...request, cwd }, host);
    await writeFile(join(scratch, 'process.json'), JSON.stringify(process));
    return request.terminal ? await onTerminal(attempt) : await onPipes(attempt);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function onPipes(attempt: Attempt): Promise<Started> {
  const { pid, ended, child } = await crunExec(attempt, []);
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('crun exec has three pipes');
  const outputs = { stdout: new ExecOutput(stdout), stderr: new ExecOutput(stderr) };
  return { pid, ended, stdin, ...outputs, resize() {} };
}

async function onTerminal(attempt: Attempt): Promise<Started> {
  const socket = new ConsoleSocket(join(attempt.scratch, 'tty'));
  try {
    const { pid, ended, child } = await crunExec(attempt, ['--tty', '--console-socket', socket.path]);
    hangUp(child); // the program got the terminal instead
    const terminal = new Terminal(await socket.take());
    const stdout = new ExecOutput(terminal.output, () => terminal.readRest());
    const resize = (size: TerminalSize): void => terminal.resize(size);
    return { pid, ended, stdin: terminal.input, stdout, stderr: undefined, resize };
  } finally {
    socket.close();
  }
}

/** crun said no; the message is its own. */
class CrunRefusal extends Error {}

async function crunExec(attempt: Attempt, options: readonly string[]) {
  const { programs, strays, plan, groups, leaf, scratch } = attempt;
  const file = (name: string): string => join(scratch, name);
  const own = ['exec', '--detach', '--process', file('process.json'), '--pid-file', file('pid')];
  const argv = attempt.crun.command(file('log'), ...own, ...options, plan.id);
  return strays.whileCrunWorks(plan.id, async () => {
    const program = await programs.spawn(joinGroups({ leaf, v1: Object.values(groups.v1) }, argv), {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { child } = program;
    child.stdin?.on('error', () => {}); // it need not read all of its input
    const { exit, isLate } = await endOf(program, crunMs);
    const { code } = exit;
    if (code !== 0) {
      hangUp(child);
      if (isLate) throw timedOut(['crun'], crunMs, 'run a program inside');
      throw new CrunRefusal((await crunMessage(file('log'))) ?? `it failed with status ${code ?? 'unknown'}`);
    }
    const pid = Number(await readFile(file('pid'), 'utf8'));
    const ended = exitOf(pid);
    strays.expect(pid, ended);
    return { pid, ended, child };
  });
}

function hangUp(child: ProgramStreams): void {
  for (const stream of child.stdio) stream?.destroy();
}

function asSession(started: Started, signal: AbortSignal, leave: () => Promise<void>): ExecSession {
  const { pid, ended, stdin, stdout, stderr, resize } = started;
  const outputs = stderr ? [stdout, stderr] : [stdout];
  const hangUpAll = (): void => {
    stdin.destroy();
    for (const output of outputs) output.destroy();
  };
  if (signal.aborted) hangUpAll();
  signal.addEventListener('abort', hangUpAll, { once: true });
  let isOver = false;
  const untilOver = async (): Promise<number> => {
    const { code, signal: killer } = await ended;
    isOver = true;
    await Promise.all(outputs.map((output) => output.finish()));
    stdin.destroy();
    signal.removeEventListener('abort', hangUpAll);
    await leave();
    return code ?? 128 + signalNumber(killer ?? 'SIGKILL');
  };
  return {
    stdin,
    stdout: stdout.stream,
    stderr: stderr?.stream,
    resize,
    signal(number) {
      if (!isOver) process.kill(pid, number); // it is our child, so its pid is nobody else's until we know
    },
    exited: untilOver(),
  };
}
