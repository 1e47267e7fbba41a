import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Fault } from '#model/fault.ts';
import type { KvmAnswer, KvmRequest } from '#model/kvm.ts';
import type { Surroundings } from './surroundings.ts';

/** A fraction of a second is usual; a host that is emulated itself takes many. A guest that never comes back ends then. */
const timeoutMs = 60_000;

type Answer = Exclude<KvmAnswer, { type: 'fault' }>;

/**
 * Starts the KVM engine, which needs no daemon, and yields its answers as they come. Throws what it says is wrong,
 * `timed-out`, or `host` when the process ends in another way.
 */
export async function* askKvm({ kvmEngine }: Surroundings, request: KvmRequest): AsyncGenerator<Answer> {
  const engine = spawn(process.execPath, [kvmEngine, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const ended = once(engine, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  ended.catch(() => {}); // awaited below, when there are no more lines
  let complaints = '';
  engine.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  try {
    for await (const line of createInterface(engine.stdout)) {
      const answer = JSON.parse(line) as KvmAnswer;
      if (answer.type === 'fault') throw faultOf(answer);
      yield answer;
    }
    const [status, signal] = await ended;
    if (status !== 0) throw deathOf(status, signal, complaints);
  } finally {
    engine.kill('SIGKILL');
  }
}

const faultOf = ({ code, message, hint }: Extract<KvmAnswer, { type: 'fault' }>): Fault =>
  new Fault(code, message, hint === undefined ? {} : { hint });

function deathOf(status: number | null, signal: NodeJS.Signals | null, complaints: string): Fault {
  const cause = new Error(complaints.trim());
  if (signal === 'SIGKILL') {
    return new Fault('timed-out', `The KVM engine was not done after ${timeoutMs / 1000} s`, { cause });
  }
  const how = signal === null ? `failed with status ${status}` : `was ended by ${signal}`;
  return new Fault('host', `The KVM engine ${how}`, { cause, hint: 'Add --debug to see what it said.' });
}
