import { on } from 'node:events';
import type { Event, EventType } from '#contract/contract.ts';
import type { Client } from './client.ts';
import { openWebSocket } from './websocket.ts';

export interface EventStream extends AsyncIterable<Event> {
  close(): void;
}

/**
 * Follows what happens, from the moment at which this resolves. The stream ends when it is closed, or when the
 * daemon goes away.
 */
export async function openEvents(client: Client, types: readonly EventType[] = []): Promise<EventStream> {
  const target = types.length > 0 ? `/1.0/events?type=${types.join(',')}` : '/1.0/events';
  const socket = await openWebSocket(client.transport, target);
  const frames = on(socket, 'message', { close: ['close'] });
  socket.resume();
  return {
    async *[Symbol.asyncIterator]() {
      for await (const [frame] of frames) yield JSON.parse(String(frame)) as Event;
    },
    close: () => socket.terminate(),
  };
}
