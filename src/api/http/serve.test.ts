import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import { UnixClient } from '../testing/unix-client.ts';
import { serve } from './serve.ts';
import { createServer } from './server.ts';

test('after a body that nobody read to its end, the next request on the connection is answered', async () => {
  await using unix = await UnixClient.inTemporaryFolder();
  const app = createServer(silentLogger);
  const broken = () => new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
  serve(app, routes.postFile, async ({ body }) => {
    await pipeline(body ?? [], broken()).catch(() => undefined);
    throw new Fault('insufficient', 'The disk is full');
  });
  app.get('/next', async () => ({}));
  await app.listen({ path: unix.socketPath });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (method: string, target: string, body?: Buffer): Promise<string> => {
    const headers = body && { 'content-type': 'application/octet-stream', 'content-length': body.length };
    const sent = request({ agent, socketPath: unix.socketPath, method, path: target, headers });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return text(answer);
  };
  const refusal = await ask('POST', '/1.0/instances/one/files?path=/a', Buffer.alloc(320_000));
  assert.match(refusal, /The disk is full/);
  assert.equal(await ask('GET', '/next'), '{}');
  agent.destroy();
  await app.close();
});
