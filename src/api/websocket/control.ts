import type { WebSocket } from 'ws';
import { SessionControl } from '#contract/contract.ts';
import { checker } from '../http/validate.ts';
import type { Session } from '../services.ts';
import { bytesOf } from './pump.ts';

const read = checker(SessionControl);

/** Does what arrives on a `control` socket: resizes and signals. What cannot be understood is passed over. */
export function obeyControl(socket: WebSocket, session: Pick<Session, 'resize' | 'signal'>): void {
  socket.on('message', (data) => {
    const order = parse(bytesOf(data).toString());
    if (order?.command === 'signal') session.signal(order.signal);
    if (order?.command === 'window-resize') {
      session.resize({ columns: Number(order.args.width), rows: Number(order.args.height) });
    }
  });
  socket.resume();
}

function parse(text: string): SessionControl | undefined {
  try {
    return read(JSON.parse(text));
  } catch {
    return undefined;
  }
}
