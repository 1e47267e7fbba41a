import type { KvmAnswer, KvmInfo, KvmRequest } from '#model/kvm.ts';
import { Fault, isFault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import { readKvmHost } from './host-facts.ts';
import { judge } from './verdict.ts';

/** A tenth of a second is usual; a host that is emulated itself takes many. A guest that never comes back ends with its process. */
const timeoutMs = 60_000;

/**
 * Finds out what KVM can do on this host, in the engine's own process; `program` is the path of kvm-engine.mjs. Should
 * the kernel end that process, or a guest not come back, then the verdict is `none` and says so. Throws what `signal`
 * was aborted with.
 */
export async function askEngine(programs: Programs, program: string, signal?: AbortSignal): Promise<KvmInfo> {
  const begin = performance.now();
  const request: KvmRequest = { do: 'info' };
  try {
    const argv = [process.execPath, program, JSON.stringify(request)];
    const { stdout } = await programs.run(argv, { signal, timeoutMs, okExits: [1] });
    return infoFrom(stdout);
  } catch (error) {
    signal?.throwIfAborted();
    if (!isFault(error, 'host') && !isFault(error, 'timed-out')) throw error;
    const host = readKvmHost();
    const verdict = { ...judge(host, { kind: 'failed', error }), ms: performance.now() - begin };
    return { verdict, host, capabilities: [] };
  }
}

function infoFrom(stdout: string): KvmInfo {
  const answer = JSON.parse(stdout) as KvmAnswer;
  if (answer.type === 'info') return answer.info;
  throw new Fault('host', answer.type === 'fault' ? answer.message : 'The KVM engine gave no answer');
}
