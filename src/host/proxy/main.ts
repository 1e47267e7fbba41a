import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { asFault } from '#model/fault.ts';
import { complain } from './program/complain.ts';
import { ServedGuests } from './program/served-guests.ts';
import type { ProxyAnswer, ProxyRequest } from './protocol.ts';

// The proxy of all containers of one daemon, in a process of its own: connections outlive the daemon. One argument, the
// path of the socket where it is told what to do.

const guests = new ServedGuests();

async function answer(request: string): Promise<ProxyAnswer> {
  try {
    return await guests.answer(JSON.parse(request) as ProxyRequest);
  } catch (error) {
    const { code, message, hint } = asFault(error);
    if (code === 'internal') complain('a bug', error);
    return { fault: { code, message, hint } };
  }
}

process.on('SIGTERM', () => {
  void guests.forgetAll().finally(() => process.exit()); // sockets in file systems go with it
});

const socket = process.argv[2] ?? '';
process.setgroups?.([]); // whoever it connects as has no groups of ours
rmSync(socket, { force: true });
createServer({ allowHalfOpen: true }, (connection) => {
  connection.on('error', (error) => complain('the daemon', error));
  const request: Buffer[] = [];
  connection.on('data', (data) => request.push(data));
  connection.once('end', () => {
    void answer(Buffer.concat(request).toString()).then((answered) =>
      connection.end(JSON.stringify(answered)),
    );
  });
}).listen(socket);
