import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Fault } from '#model/fault.ts';

/** An answer is this long at most, with whatever an earlier connection left on the line before it. */
const longestBytes = 1024 * 1024;

/**
 * Asks the guest's side of the line for an ssh server that lets `publicKey` in, and waits until it begins; see the
 * script of the image. `word` is of this one connection: what an earlier one left on the line is passed over. The
 * socket is then at the server's first byte. Throws `unavailable` when the other end hangs up.
 */
export async function greetGuest(
  socket: Socket,
  { word, publicKey }: { word: string; publicKey: string },
  signal: AbortSignal,
): Promise<void> {
  const answer = Buffer.from(`wadah-ssh ${word}\n`);
  socket.write(`wadah-ssh ${word} ${publicKey}\n`);
  let heard = Buffer.alloc(0);
  for (;;) {
    const bytes = await nextBytes(socket, signal);
    heard = Buffer.concat([heard, bytes]);
    const at = heard.indexOf(answer);
    if (at >= 0) {
      socket.unshift(heard.subarray(at + answer.length));
      return;
    }
    if (heard.length > longestBytes) heard = heard.subarray(-answer.length);
  }
}

async function nextBytes(socket: Socket, signal: AbortSignal): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read() as Buffer | null;
    if (bytes !== null) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Fault('unavailable', 'The guest hung up');
    const next = new AbortController();
    const either = AbortSignal.any([signal, next.signal]);
    const ended = once(socket, 'close', { signal: either });
    try {
      await Promise.race([once(socket, 'readable', { signal: either }), ended]);
    } finally {
      ended.catch(() => {});
      next.abort();
    }
  }
}
