import type { Operation } from '#contract/contract.ts';
import { sleep } from '#base/wait.ts';
import { isFault } from '#model/fault.ts';
import type { Client } from './client.ts';
import { faultOfOperation } from './faults.ts';

export interface Watching {
  /** Told of the state about four times a second; without it, one request waits for the end. */
  onProgress?: ((operation: Operation) => void) | undefined;
  /** Its abort asks the daemon to cancel; the wait goes on until what was done is taken back. */
  cancel?: AbortSignal | undefined;
  /** Told when the daemon refuses to cancel. */
  onUncancellable?: ((reason: string) => void) | undefined;
}

const progressMs = 250;

const isOver = (operation: Operation): boolean => operation.status_code >= 200;

export const canCancel = (operation: Operation): boolean => operation.may_cancel && !isOver(operation);

/** Waits until the operation is over. Throws the Fault that it ended with unless it succeeded. */
export async function finishOperation(
  client: Client,
  begun: Operation,
  watching: Watching = {},
): Promise<Operation> {
  const ended = new AbortController();
  const looking = watching.onProgress && follow(client, begun, watching.onProgress, ended.signal);
  const cancelling = cancelOnAbort(client, begun, watching);
  try {
    let operation = begun;
    while (!isOver(operation)) {
      operation = await client.read('/1.0/operations/{id}/wait', { params: { id: begun.id } });
    }
    if (operation.status !== 'Success') throw faultOfOperation(operation);
    return operation;
  } finally {
    ended.abort();
    cancelling();
    await looking;
  }
}

/** Reports progress until the signal ends it. Failing to look is not failing: the waiting request will tell. */
async function follow(
  client: Client,
  { id }: Operation,
  report: (operation: Operation) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      await sleep(progressMs, signal);
      const operation = await client.read('/1.0/operations/{id}', { params: { id }, signal });
      if (!signal.aborted) report(operation);
    }
  } catch {
    // It is over, or the daemon is gone.
  }
}

/** Returns a function that stops listening. */
function cancelOnAbort(client: Client, { id }: Operation, { cancel, onUncancellable }: Watching): () => void {
  const onAbort = () => {
    client.send('DELETE', '/1.0/operations/{id}', { params: { id } }).catch((error: unknown) => {
      if (isFault(error, 'wrong-state')) onUncancellable?.(error.message);
    });
  };
  if (cancel?.aborted) onAbort();
  else cancel?.addEventListener('abort', onAbort, { once: true });
  return () => cancel?.removeEventListener('abort', onAbort);
}
