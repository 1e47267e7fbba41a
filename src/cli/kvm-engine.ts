import type { KvmAnswer, KvmRequest } from '#model/kvm.ts';
import { askProgram } from './own-program.ts';
import type { Surroundings } from './surroundings.ts';

/** A fraction of a second is usual; a host that is emulated itself takes many. A guest that never comes back ends then. */
const timeoutMs = 60_000;

/** Starts the KVM engine and yields its answers as they come. Throws as `askProgram`. */
export const askKvm = (
  { kvmEngine }: Surroundings,
  request: KvmRequest,
): AsyncGenerator<Exclude<KvmAnswer, { type: 'fault' }>> =>
  askProgram<KvmAnswer>({ name: 'The KVM engine', file: kvmEngine, timeoutMs }, request);
