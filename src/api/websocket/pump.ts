import type { Readable, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/** Bytes that may wait in a socket before its source is made to wait as well. */
const windowBytes = 256 * 1024;

/**
 * Sends all of `source` as binary frames, then the empty text frame that marks the end. When the other side is
 * gone, `source` is destroyed, so that whoever writes to it notices. Never rejects. What the other side says is
 * read by others, or dropped.
 */
export async function sendAll(source: Readable, socket: WebSocket): Promise<void> {
  const hangUp = (): void => void source.destroy();
  socket.once('close', hangUp);
  socket.resume();
  try {
    for await (const chunk of source) await send(socket, chunk as Buffer);
    await send(socket, '');
  } catch {
    // The source broke off or the reader left: there is nobody to tell.
  } finally {
    socket.off('close', hangUp);
    source.destroy();
  }
}

/** Resolves when the socket can take more; a text is sent through to the end. Rejects when the socket is closed. */
function send(socket: WebSocket, data: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => {
    const isOpen = socket.readyState === socket.OPEN;
    const mayRunAhead = typeof data !== 'string' && socket.bufferedAmount + data.length < windowBytes;
    socket.send(data, (error) => (error ? reject(error) : resolve()));
    if (isOpen && mayRunAhead) resolve();
  });
}

/** Writes what arrives into `sink`, no faster than it takes it, and ends it at the empty text frame or at hang-up. */
export function receiveAll(socket: WebSocket, sink: Writable): void {
  const take = (data: RawData, isBinary: boolean): void => {
    const bytes = bytesOf(data);
    if (!isBinary && bytes.length === 0) finish();
    else if (!sink.write(bytes)) socket.pause();
  };
  const finish = (): void => {
    socket.off('message', take);
    sink.end();
    // Whatever still comes is read and dropped: a socket that nobody reads would never see its own end.
    socket.resume();
  };
  // A program need not read its input to the end: then writing fails, which is no fault of ours.
  sink.on('error', finish);
  sink.on('close', finish);
  sink.on('drain', () => socket.resume());
  socket.on('message', take);
  socket.once('close', finish);
  socket.resume();
}

export function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
