import type { WebSocket } from 'ws';

const intervalMs = 10_000;
/** Pings in a row that may stay unanswered. */
const patience = 3;

/** Pings at once and every 10 s, so that either side notices when the other is gone. */
export function keepAlive(socket: WebSocket): void {
  let unanswered = 0;
  const ping = (): void => {
    if (unanswered >= patience) {
      socket.terminate();
      return;
    }
    unanswered += 1;
    socket.ping('keepalive');
  };
  const timer = setInterval(ping, intervalMs);
  socket.on('pong', () => {
    unanswered = 0;
  });
  socket.once('close', () => clearInterval(timer));
  ping();
}
