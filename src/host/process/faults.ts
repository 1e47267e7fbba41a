import { basename } from 'node:path';
import { Fault } from '#model/fault.ts';
import type { ProgramExit, RunResult } from './programs.ts';

const tailBytes = 4096;
/** In these words unshare tells that the kernel has no more namespaces. */
const fullDisk = /(?<!unshare failed: )No space left on device|Disk quota exceeded/;

/** A program said no: its last line in the text, more of what it said in the cause. */
export function failed(
  argv: readonly string[],
  exit: ProgramExit,
  { stdout, stderr }: RunResult,
  purpose?: string,
): Fault {
  const said = stderr.trim() || stdout.trim();
  const how = exit.signal ? `was ended by ${exit.signal}` : `failed with status ${exit.code ?? 'unknown'}`;
  const lastLine = said.slice(said.lastIndexOf('\n') + 1).slice(0, 300);
  const text = `${basename(argv[0] ?? '')} ${how}${lastLine && `: ${lastLine}`}`;
  const cause = new Error(`${argv.join(' ').slice(0, 500)} ${how}\n${said.slice(-tailBytes)}`.trim());
  if (!fullDisk.test(said)) return new Fault('host', withPurpose(purpose, text), { cause });
  const hint = 'Delete what is not needed on this file system.';
  return new Fault('insufficient', withPurpose(purpose, text), { hint, cause });
}

export function timedOut(argv: readonly string[], timeoutMs: number, purpose?: string): Fault {
  const text = `${basename(argv[0] ?? '')} was not done after ${timeoutMs / 1000} s`;
  return new Fault('timed-out', withPurpose(purpose, text));
}

const withPurpose = (purpose: string | undefined, text: string): string =>
  purpose === undefined ? text : `Cannot ${purpose}: ${text}`;
