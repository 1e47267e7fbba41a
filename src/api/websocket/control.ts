import type { WebSocket } from 'ws';
import { SessionControl } from '#contract/contract.ts';
import { checker } from '../http/validate.ts';
import type { Session } from '../services.ts';
import { bytesOf } from './pump.ts';

const read = checker(SessionControl);

/** Does what arrives on a `control` socket: resizes and signals. What cannot be understood or done is passed over. */
export function obeyControl(socket: WebSocket, session: Pick<Session, 'resize' | 'signal'>): void {
  socket.on('message', (data) => {
    try {
      obey(read(JSON.parse(bytesOf(data).toString())), session);
    } catch {
      // The dialect has no way to answer here.
    }
  });
  socket.resume();
}

function obey(order: SessionControl, session: Pick<Session, 'resize' | 'signal'>): void {
  if (order.command === 'signal') session.signal(order.signal);
  else session.resize({ columns: Number(order.args.width), rows: Number(order.args.height) });
}
