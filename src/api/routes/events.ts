import type { WebSocket } from 'ws';
import { type EventType, eventTypes, routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { Context } from '../context.ts';
import { serveWebsocket } from '../http/serve-websocket.ts';
import { eventDocument } from '../views/event.ts';
import { keepAlive } from '../websocket/keep-alive.ts';

/** Bytes that may wait for a client that does not read. Then it is dropped: it can come again and ask for the state. */
const backlogBytes = 4 * 1024 * 1024;

export function serveEvents({ app, services: { events }, logger }: Context): void {
  serveWebsocket(app, routes.streamEvents, ({ query, project }) => {
    const wanted = wantedTypes(query.type);
    return (socket: WebSocket) => {
      keepAlive(socket);
      const unsubscribe = events.subscribe((event) => {
        const isMeant = query['all-projects'] || event.project === project;
        if (!isMeant || !wanted.has(event.type)) return;
        if (socket.bufferedAmount > backlogBytes) {
          logger.warn({ waiting: socket.bufferedAmount }, 'dropped a client that does not read its events');
          socket.terminate();
        } else if (socket.readyState === socket.OPEN) {
          socket.send(JSON.stringify(eventDocument(event)));
        }
      });
      socket.once('close', unsubscribe);
    };
  });
}

function wantedTypes(list: string | undefined): ReadonlySet<EventType> {
  const names = list ? list.split(',') : eventTypes;
  const unknown = names.find((name) => !eventTypes.some((type) => type === name));
  if (unknown === undefined) return new Set(names as EventType[]);
  throw new Fault('invalid', `There are no events of type "${unknown}"`, {
    hint: `Types: ${eventTypes.join(', ')}.`,
  });
}
