import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:os';
import { PassThrough, type Readable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { settlesWithin } from '#base/wait.ts';
import type { ExecRequest, ExecSession, TerminalSize } from '../../engine.ts';
import { Fault } from '#model/fault.ts';
import { execCommandLine, readOutcome } from './exec-command.ts';
import type { GuestConnection } from './guest-connection.ts';
import type { GuestProgram } from './guest-program.ts';

const quietMs = 500;
/** What root's start files may print before the program begins. */
const mostBytes = 1024 * 1024;

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
    if (end < 0 && heard.length < mostBytes) continue;
    if (end < 0) break;
    const rest = heard.subarray(end + 1);
    if (rest.length > 0) channel.unshift(rest);
    return heard
      .subarray(begin + word.length, end)
      .toString()
      .trim();
  }
  const complaint = String(channel.stderr.read() ?? heard).trim();
  throw new Fault('host', `Root's shell in the guest did not run the program: ${complaint.slice(0, 1000)}`);
}

function asSession(program: GuestProgram, { terminal }: ExecRequest): Omit<ExecSession, 'signal'> {
  const { channel } = program;
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = terminal ? undefined : new PassThrough();
  stdin.pipe(channel);
  pass(channel, stdout);
  if (stderr) pass(channel.stderr, stderr);
  else channel.stderr.resume();
  return {
    stdin,
    stdout,
    stderr,
    resize: ({ columns, rows }: TerminalSize) => channel.setWindow(rows, columns, 0, 0),
    exited: finish(program, [stdout, ...(stderr ? [stderr] : [])]),
  };
}

/** What nobody wants any more is thrown away, so that the program can end. */
function pass(source: Readable, output: PassThrough): void {
  source.pipe(output);
  output.once('close', () => source.resume());
}

/**
 * Status of the program once all it wrote has been read. The output ends with the program, not with the last process
 * that got hold of it: a service that was started by it may keep it open for ever.
 */
async function finish({ channel, status, closed }: GuestProgram, outputs: PassThrough[]): Promise<number> {
  let seen = 0;
  const count = (bytes: Buffer): void => void (seen += bytes.length);
  channel.on('data', count);
  channel.stderr.on('data', count);
  const result = await status;
  for (let before = -1; !(await settlesWithin(closed, quietMs)); before = seen) {
    const isRead = [channel, channel.stderr, ...outputs].every(({ readableLength }) => readableLength === 0);
    if (isRead && seen === before) break;
  }
  channel.close();
  for (const output of outputs) output.end();
  await Promise.all(outputs.map(untilRead));
  return result;
}

async function untilRead(output: PassThrough): Promise<void> {
  const isRead = output.readableLength + output.writableLength === 0;
  if (!isRead && !output.closed) await once(output, 'close');
}
