import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { Client } from '#client/client.ts';
import { routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import { serve } from './serve.ts';
import { createServer } from './server.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wadah-serve-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('after a body that nobody read to its end, the next request on the connection is answered', async () => {
  const app = createServer(silentLogger);
  const broken = () => new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
  serve(app, routes.postFile, async ({ body }) => {
    await pipeline(body ?? [], broken()).catch(() => undefined);
    throw new Fault('insufficient', 'The disk is full');
  });
  app.get('/next', async () => ({}));
  const socket = path.join(folder, 'socket');
  await app.listen({ path: socket });
  const client = new Client(socket);
  const content = Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(16_000)));
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(20 * 16_000) };
  const target = '/1.0/instances/one/files?path=/a';
  await assert.rejects(client.raw({ method: 'POST', target, headers, body: content }), {
    code: 'insufficient',
  });
  const next = await client.raw({ method: 'GET', target: '/next' });
  assert.equal(await client.transport.text(next), '{}');
  client.close();
  await app.close();
});
