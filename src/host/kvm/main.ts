import type { KvmAnswer, KvmRequest } from '#model/kvm.ts';
import { Fault, asFault } from '#model/fault.ts';
import { KvmDevice } from './device.ts';
import { explainNoDevice } from './explain.ts';
import { isUsable, readKvmHost } from './host-facts.ts';
import { investigate } from './info.ts';
import { traceGuest } from './trace.ts';

// The engine in a process of its own: KVM_RUN keeps its thread for as long as the guest likes, and only this process's
// end is sure to end it. One argument, a request as JSON; answers are lines of JSON.

const answer = (line: KvmAnswer): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);

function serve(request: KvmRequest): void {
  if (request.do === 'info') {
    answer({ type: 'info', info: investigate() });
    return;
  }
  const device = openDevice();
  const { everyExit } = request;
  const summary = traceGuest(device, { everyExit, tell: (event) => answer({ type: 'event', event }) });
  device.close();
  answer({ type: 'summary', summary });
}

function openDevice(): KvmDevice {
  const host = readKvmHost();
  if (isUsable(host)) return new KvmDevice();
  const { reason, remedy } = explainNoDevice(host);
  throw new Fault(host.device === 'forbidden' ? 'forbidden' : 'unsupported', reason, { hint: remedy });
}

try {
  serve(JSON.parse(process.argv[2] ?? '') as KvmRequest);
} catch (error) {
  const { code, message, hint } = asFault(error);
  answer({ type: 'fault', code, message, hint });
  process.exitCode = 1;
}
