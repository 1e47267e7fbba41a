import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Fault, type FaultCode } from '#model/fault.ts';

/** A program that is bundled beside the command line and needs no daemon: one request, answers in lines of JSON. */
export interface OwnProgram {
  /** For error texts: `The KVM engine`. */
  name: string;
  file: string;
  timeoutMs: number;
}

interface FaultAnswer {
  type: 'fault';
  code: FaultCode;
  message: string;
  hint?: string | undefined;
}

/**
 * Starts the program and yields its answers as they come. Throws what it says is wrong, `timed-out`, or `host` when the
 * process ends in another way.
 */
export async function* askProgram<Answer extends { type: string }>(
  program: OwnProgram,
  request: object,
): AsyncGenerator<Exclude<Answer, { type: 'fault' }>> {
  const running = spawn(process.execPath, [program.file, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: program.timeoutMs,
    killSignal: 'SIGKILL',
  });
  const ended = once(running, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  ended.catch(() => {}); // awaited below, when there are no more lines
  let complaints = '';
  running.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  try {
    for await (const line of createInterface(running.stdout)) {
      const answer = JSON.parse(line) as Exclude<Answer, { type: 'fault' }> | FaultAnswer;
      if (isFaultAnswer(answer)) throw faultOf(answer);
      yield answer;
    }
    const [status, signal] = await ended;
    if (status !== 0) throw deathOf(program, { status, signal, complaints });
  } finally {
    running.kill('SIGKILL');
  }
}

const isFaultAnswer = (answer: { type: string }): answer is FaultAnswer => answer.type === 'fault';

const faultOf = ({ code, message, hint }: FaultAnswer): Fault =>
  new Fault(code, message, hint === undefined ? {} : { hint });

interface Death {
  status: number | null;
  signal: NodeJS.Signals | null;
  complaints: string;
}

function deathOf({ name, timeoutMs }: OwnProgram, { status, signal, complaints }: Death): Fault {
  const cause = new Error(complaints.trim());
  if (signal === 'SIGKILL') {
    return new Fault('timed-out', `${name} was not done after ${timeoutMs / 1000} s`, { cause });
  }
  const how = signal === null ? `failed with status ${status}` : `was ended by ${signal}`;
  return new Fault('host', `${name} ${how}`, { cause, hint: 'Add --debug to see what it said.' });
}
