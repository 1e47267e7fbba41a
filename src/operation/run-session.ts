import type { Logger } from '#base/logger.ts';
import { asFault } from '#model/fault.ts';
import { faultView, type LiveOperation, type Outcome } from './live-operation.ts';

/** Runs the work of a session to its end. Never rejects. */
export async function runSession(
  live: LiveOperation,
  work: (signal: AbortSignal) => Promise<Record<string, unknown>>,
  logger: Logger,
): Promise<Outcome> {
  try {
    return { state: 'succeeded', fault: undefined, result: await work(live.signal) };
  } catch (error) {
    if (live.signal.aborted) return { state: 'cancelled', fault: undefined };
    const fault = asFault(error);
    if (fault.code === 'internal')
      logger.error({ err: error, operation: live.id }, 'a session failed unexpectedly');
    return { state: 'failed', fault: faultView(fault) };
  }
}
