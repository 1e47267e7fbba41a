import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Client } from './client.ts';
import { FakeDaemon, fakeOperation } from './fake-daemon.ts';
import { finishOperation } from './operations.ts';
import { targetOf } from './routes.ts';
import { socketPath } from './socket-path.ts';

const running = { status: 'Running', status_code: 103 } as const;

test('names are encoded in paths, and absent values are left out of queries', () => {
  const request = { params: { name: 'a/b c' }, query: { recursion: 1, filter: undefined } };
  expect(targetOf('/1.0/instances/{name}', request)).toBe('/1.0/instances/a%2Fb%20c?recursion=1');
});

test('the socket is the one that was named, or else lies in the state directory', () => {
  expect(socketPath({ socket: '/a', dir: '/b' }, { WADAH_SOCKET: '/c' })).toBe('/a');
  expect(socketPath({ dir: '/b' }, { WADAH_SOCKET: '/c' })).toBe('/b/unix.socket');
  expect(socketPath({}, { WADAH_SOCKET: '/c', WADAH_DIR: '/d' })).toBe('/c');
  expect(socketPath({}, { WADAH_DIR: '/d' })).toBe('/d/unix.socket');
  expect(socketPath({}, {})).toBe('/var/lib/wadah/unix.socket');
});

test('a refusal arrives as the Fault that the server threw', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/instances/web1', {
    error: 'There is no instance "web1"',
    status: 404,
    wadah: { code: 'not-found', hint: 'wadah list shows all.' },
  });
  const reading = new Client(daemon.socket).read('/1.0/instances/{name}', { params: { name: 'web1' } });
  await expect(reading).rejects.toMatchObject({
    code: 'not-found',
    message: 'There is no instance "web1"',
    hint: 'wadah list shows all.',
  });
});

test('a refusal without a code takes it from the HTTP status', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0', { error: 'changed', status: 412 });
  await expect(new Client(daemon.socket).read('/1.0')).rejects.toMatchObject({ code: 'conflict' });
});

test('without a daemon the refusal says how to start one', async () => {
  const client = new Client('/nonexistent/unix.socket');
  await expect(client.read('/1.0')).rejects.toMatchObject({
    code: 'unavailable',
    message: 'No daemon listens on /nonexistent/unix.socket',
    hint: expect.stringContaining('npm start') as string,
  });
});

test('a file that is no socket is no daemon either', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wadah-client-'));
  try {
    await writeFile(join(folder, 'unix.socket'), '');
    await expect(new Client(join(folder, 'unix.socket')).read('/1.0')).rejects.toMatchObject({
      code: 'unavailable',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an answer that is not of this API is told as such', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0', { content: '<html>' });
  await expect(new Client(daemon.socket).read('/1.0')).rejects.toMatchObject({
    message: `${daemon.socket} answered something else than this API`,
  });
});

test('a tag that was read is sent back in If-Match', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/profiles/small', { metadata: { name: 'small' }, etag: '"abc"' });
  daemon.on('PUT /1.0/profiles/small', { metadata: {} });
  const client = new Client(daemon.socket);
  const { etag } = await client.readTagged('/1.0/profiles/{name}', { params: { name: 'small' } });
  await client.send('PUT', '/1.0/profiles/{name}', { params: { name: 'small' }, body: {}, etag });
  expect(daemon.requests[1]?.headers['if-match']).toBe('"abc"');
});

test('an operation that is over already is not waited for', async () => {
  await using daemon = await FakeDaemon.start();
  await finishOperation(new Client(daemon.socket), fakeOperation());
  expect(daemon.requests).toEqual([]);
});

test('waiting goes on until the operation is over', async () => {
  await using daemon = await FakeDaemon.start();
  const begun = fakeOperation(running);
  let asked = 0;
  daemon.on(`GET /1.0/operations/${begun.id}/wait`, () => {
    asked += 1;
    return { metadata: asked < 3 ? begun : fakeOperation({ metadata: { return: 7 } }) };
  });
  const ended = await finishOperation(new Client(daemon.socket), begun);
  expect(ended.metadata).toEqual({ return: 7 });
});

test('an operation that fails throws what it failed with', async () => {
  await using daemon = await FakeDaemon.start();
  const failed = fakeOperation({
    status: 'Failure',
    status_code: 400,
    err: 'The disk is full',
    wadah: { kind: 'test', fault: { code: 'insufficient', message: 'The disk is full', hint: 'Make room.' } },
  });
  await expect(finishOperation(new Client(daemon.socket), failed)).rejects.toMatchObject({
    code: 'insufficient',
    hint: 'Make room.',
  });
});

test('an abort cancels the operation, and its end is still waited for', async () => {
  await using daemon = await FakeDaemon.start();
  const begun = fakeOperation(running);
  const cancel = new AbortController();
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  daemon.on(`DELETE /1.0/operations/${begun.id}`, () => {
    end();
    return { metadata: {} };
  });
  daemon.on(`GET /1.0/operations/${begun.id}/wait`, async () => {
    cancel.abort();
    await ended;
    return { metadata: fakeOperation({ status: 'Cancelled', status_code: 401 }) };
  });
  const waiting = finishOperation(new Client(daemon.socket), begun, { cancel: cancel.signal });
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  expect(daemon.changes).toEqual([`DELETE /1.0/operations/${begun.id}`]);
});

test('an operation that cannot be cancelled says so and goes on', async () => {
  await using daemon = await FakeDaemon.start();
  const begun = fakeOperation(running);
  let tell: (reason: string) => void = () => {};
  const told = new Promise<string>((resolve) => {
    tell = resolve;
  });
  daemon.on(`DELETE /1.0/operations/${begun.id}`, {
    error: 'It cannot be cancelled',
    status: 400,
    wadah: { code: 'wrong-state' },
  });
  daemon.on(`GET /1.0/operations/${begun.id}/wait`, async () => {
    await told;
    return { metadata: fakeOperation() };
  });
  const watching = { cancel: AbortSignal.abort(), onUncancellable: tell };
  await finishOperation(new Client(daemon.socket), begun, watching);
  expect(await told).toBe('It cannot be cancelled');
});

test('progress is reported while somebody watches', async () => {
  await using daemon = await FakeDaemon.start();
  const begun = fakeOperation(running);
  const half = fakeOperation({
    ...running,
    wadah: { kind: 'test', progress: { stage: 'Half', percent: 50 } },
  });
  daemon.on(`GET /1.0/operations/${begun.id}`, { metadata: half });
  const stage = await new Promise<string | undefined>((resolve) => {
    daemon.on(`GET /1.0/operations/${begun.id}/wait`, () => new Promise(() => {}));
    const onProgress = ({ wadah }: typeof begun) => resolve(wadah.progress?.stage);
    finishOperation(new Client(daemon.socket), begun, { onProgress }).catch(() => {});
  });
  expect(stage).toBe('Half');
});

test('a daemon that dies while it is waited for is unavailable', async () => {
  const daemon = await FakeDaemon.start();
  const begun = fakeOperation(running);
  const isWaiting = new Promise<void>((resolve) => {
    daemon.on(`GET /1.0/operations/${begun.id}/wait`, () => {
      resolve();
      return new Promise(() => {});
    });
  });
  const waiting = finishOperation(new Client(daemon.socket), begun);
  const refused = expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
  await isWaiting;
  await daemon[Symbol.asyncDispose]();
  await refused;
});
