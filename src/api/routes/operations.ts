import { once } from 'node:events';
import { type Operation, routes } from '#contract/contract.ts';
import { settlesWithin } from '#base/wait.ts';
import { Fault } from '#model/fault.ts';
import { isFinal } from '#model/operation.ts';
import type { OperationHandle } from '#operation/operation.ts';
import type { Context } from '../context.ts';
import { operationPath } from '../http/envelopes.ts';
import { serveWebsocket } from '../http/serve-websocket.ts';
import { serve } from '../http/serve.ts';
import { operationDocument } from '../views/operation.ts';

export function serveOperations({ app, services: { operations }, sessions, closing }: Context): void {
  serve(app, routes.listOperations, ({ query, project }) => {
    const documents = operations.list(project).map(operationDocument);
    return byStatus(documents, (query.recursion ?? 0) > 0);
  });
  serve(app, routes.getOperation, ({ params }) => operationDocument(operations.get(params.id).view()));
  serve(app, routes.cancelOperation, ({ params }) => {
    operations.cancel(params.id);
    return {};
  });
  serve(app, routes.waitOperation, async ({ params, query }) => {
    const handle = operations.get(params.id);
    await waitFor(handle, query.timeout, closing);
    return operationDocument(handle.view());
  });
  serveWebsocket(app, routes.connectOperation, ({ params, query }) =>
    sessions.get(params.id).claim(query.secret),
  );
}

/** The dialect lists operations by status in lower case. */
function byStatus(documents: Operation[], isFull: boolean): Record<string, (Operation | string)[]> {
  const lists = new Map<string, (Operation | string)[]>();
  for (const document of documents) {
    const status = document.status.toLowerCase();
    const list = lists.get(status) ?? [];
    lists.set(status, [...list, isFull ? document : operationPath(document.id)]);
  }
  return Object.fromEntries(lists);
}

/** Resolves at its end or after the seconds, whatever comes first. Throws `unavailable` when the daemon goes down. */
async function waitFor(handle: OperationHandle, seconds = -1, closing: AbortSignal): Promise<void> {
  const waiting = new AbortController();
  const shutdown = once(closing, 'abort', { signal: waiting.signal }).then(goingDown);
  try {
    const end = Promise.race([handle.finished, shutdown]);
    await (seconds < 0 ? end : settlesWithin(end, seconds * 1000));
  } catch (error) {
    if (!isFinal(handle.view().state)) throw error;
  } finally {
    waiting.abort();
  }
}

function goingDown(): never {
  throw new Fault('unavailable', 'The daemon is shutting down', {
    hint: 'Ask again when it is back; operations that it left are finished or undone then.',
  });
}
