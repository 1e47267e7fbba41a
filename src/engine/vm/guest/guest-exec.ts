import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { PassThrough } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { settlesWithin } from '#base/wait.ts';
import type { ExecRequest, ExecSession, TerminalSize } from '../../engine.ts';
import { Fault } from '#model/fault.ts';
import { execCommandLine, readOutcome } from './exec-command.ts';
import type { GuestConnection } from './guest-connection.ts';
import type { GuestProgram } from './guest-program.ts';

const quietMs = 500;

/**
 * Runs a program in the guest. An abort kills it with all that it started in its session. Throws `not-found`,
 * `invalid`, or `unavailable` when the guest goes down meanwhile.
 */
export async function startGuestExec(
  connection: GuestConnection,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<ExecSession> {
  const word = randomBytes(8).toString('hex');
  const program = await connection.run(execCommandLine(request, word), request.terminal);
  const said = await firstWords(program.channel, word);
  let pid: number;
  try {
    pid = readOutcome(said, request);
  } catch (error) {
    program.channel.close();
    throw error;
  }
  const kill = (target: string, number: number): void => void tellKill(connection, target, number);
  const abort = (): void => kill(`-${pid}`, constants.signals.SIGKILL);
  if (signal.aborted) abort();
  signal.throwIfAborted();
  signal.addEventListener('abort', abort, { once: true });
  const session = asSession(program, request);
  return {
    ...session,
    signal: (number) => kill(String(pid), number),
    exited: session.exited.finally(() => signal.removeEventListener('abort', abort)),
  };
}

/** By a program of its own: a server that runs as root passes no signals on. Nobody there any more: succeeds. */
async function tellKill(connection: GuestConnection, target: string, number: number): Promise<void> {
  const program = await connection.run(`kill -${number} -- ${target}`).catch(() => undefined);
  program?.channel.resume();
  program?.channel.stderr.resume();
}

/**
 * What the shell says before it becomes the program, without the word before it; the next byte of the channel is
 * the program's. What root's own start files print is passed over.
 */
async function firstWords(channel: ClientChannel, word: string): Promise<string> {
  let heard = Buffer.alloc(0);
  for await (const bytes of channel.iterator({ destroyOnReturn: false })) {
    heard = Buffer.concat([heard, bytes as Buffer]);
    const begin = heard.indexOf(word);
    const end = begin < 0 ? -1 : heard.indexOf('\n', begin);
    if (end < 0) continue;
    const rest = heard.subarray(end + 1);
    if (rest.length > 0) channel.unshift(rest);
    return heard
      .subarray(begin + word.length, end)
      .toString()
      .trim();
  }
  const complaint = String(channel.stderr.read() ?? heard).trim();
  throw new Fault('host', `Root's shell in the guest did not run the program: ${complaint}`);
}

function asSession(program: GuestProgram, { terminal }: ExecRequest): Omit<ExecSession, 'signal'> {
  const { channel } = program;
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = terminal ? undefined : new PassThrough();
  stdin.pipe(channel);
  channel.pipe(stdout);
  channel.stderr.pipe(stderr ?? stdout, { end: stderr !== undefined });
  return {
    stdin,
    stdout,
    stderr,
    resize: ({ columns, rows }: TerminalSize) => channel.setWindow(rows, columns, 0, 0),
    exited: finish(program, [stdout, ...(stderr ? [stderr] : [])]),
  };
}

/**
 * Status of the program once all it wrote has been passed on. The output ends with the program, not with the last
 * process that got hold of it: a service that was started by it may keep it open for ever.
 */
async function finish({ channel, status, closed }: GuestProgram, outputs: PassThrough[]): Promise<number> {
  let seen = 0;
  const count = (bytes: Buffer): void => void (seen += bytes.length);
  channel.on('data', count);
  channel.stderr.on('data', count);
  const result = await status;
  for (let before = -1; before !== seen && !(await settlesWithin(closed, quietMs)); ) before = seen;
  channel.close();
  for (const output of outputs) output.end();
  return result;
}
