import { expect, test } from 'vitest';
import { FakeDaemon, fakeOperation } from '#client/fake-daemon.ts';
import { fakeImage } from '#client/fake-documents.ts';
import { version } from '#base/version.ts';
import { FakeSurroundings, runLine } from '../fake-surroundings.ts';
import { run } from '../run.ts';
import { root } from './root.ts';

const done = { operation: fakeOperation() };
const running = { status: 'Running', status_code: 103 } as const;

test('image build says what it built, and quietly only its fingerprint', async () => {
  await using daemon = await FakeDaemon.start();
  const fingerprint = 'abcdef012345'.padEnd(64, '0');
  daemon.on('POST /1.0/images', { operation: fakeOperation({ metadata: { fingerprint } }) });
  const build = async (...options: string[]) =>
    (await runLine(daemon, ['image', 'build', 'debian/12', '--alias', 'stable', ...options])).out;
  expect(await build('--force')).toBe('Image stable is ready: abcdef012345\n');
  expect(await build('-q')).toBe(`${fingerprint}\n`);
  expect(JSON.parse(daemon.requests[0]?.body ?? '')).toEqual({
    source: { type: 'wadah-build', recipe: 'debian/12', force: true },
    aliases: [{ name: 'stable' }],
  });
});

test('images are listed, shown and deleted by name or by fingerprint', async () => {
  await using daemon = await FakeDaemon.start();
  const image = fakeImage();
  daemon.on('GET /1.0/images', { metadata: [image] });
  daemon.on('GET /1.0/images/aliases/debian/12', { metadata: { target: image.fingerprint } });
  daemon.on('GET /1.0/images/aliases/debian%2F12', { metadata: { target: image.fingerprint } });
  daemon.on(`GET /1.0/images/${image.fingerprint}`, { metadata: image });
  daemon.on(`DELETE /1.0/images/${image.fingerprint}`, done).on('DELETE /1.0/images/abcdef', done);
  const line = async (...words: string[]) => await runLine(daemon, ['image', ...words]);
  expect((await line('list', '-f', 'csv')).out).toMatch(
    /^debian\/12,abcdef012345,Debian 12,container,200MiB,/,
  );
  expect((await line('info', 'debian/12')).out).toContain('Origin: build debian/12\n');
  expect((await line('delete', 'debian/12', 'abcdef')).out).toBe(
    'Deleted image debian/12\nDeleted image abcdef\n',
  );
  expect(await line('info', 'nothing')).toMatchObject({ status: 3 });
});

test('names of images are created, listed, renamed and deleted', async () => {
  await using daemon = await FakeDaemon.start();
  const nothing = { metadata: {} };
  daemon.on('POST /1.0/images/aliases', nothing).on('POST /1.0/images/aliases/stable', nothing);
  daemon.on('DELETE /1.0/images/aliases/old', nothing);
  daemon.on('GET /1.0/images/aliases', {
    metadata: [{ name: 'stable', target: 'abcdef012345ff', description: 'x' }],
  });
  const line = async (...words: string[]) => (await runLine(daemon, ['image', 'alias', ...words])).out;
  expect(await line('create', 'stable', 'abcdef012345')).toBe('stable now means abcdef012345\n');
  expect(await line('list', '-f', 'csv')).toBe('stable,abcdef012345,x\n');
  expect(await line('rename', 'stable', 'old')).toBe('Renamed stable to old\n');
  expect(await line('delete', 'old')).toBe('Deleted the name old\n');
});

test('operations are listed, shown and cancelled', async () => {
  await using daemon = await FakeDaemon.start();
  const operation = fakeOperation({
    ...running,
    description: 'Building image debian/12',
    wadah: {
      kind: 'image.build',
      progress: { stage: 'Unpacking', percent: 42.7, bytes_per_second: 2 ** 20 },
    },
  });
  daemon.on('GET /1.0/operations', { metadata: { running: [operation], success: [fakeOperation()] } });
  daemon.on(`GET /1.0/operations/${operation.id}`, { metadata: operation });
  daemon.on(`DELETE /1.0/operations/${operation.id}`, { metadata: {} });
  const line = async (...words: string[]) => (await runLine(daemon, ['operation', ...words])).out;
  expect(await line('list', '-f', 'csv')).toContain(
    'RUNNING,Building image debian/12: Unpacking 42% (1MiB/s),yes,',
  );
  expect(await line('show', operation.id)).toContain('stage: Unpacking\n');
  expect(await line('cancel', operation.id)).toBe(`Cancelling ${operation.id}\n`);
});

test('the first Ctrl-C cancels and waits until it is undone, the second leaves', async () => {
  await using daemon = await FakeDaemon.start();
  const begun = fakeOperation({ ...running, description: 'Creating instance web1' });
  let undone = () => {};
  const isUndone = new Promise<void>((resolve) => {
    undone = resolve;
  });
  daemon
    .on('POST /1.0/instances', { operation: begun })
    .on(`DELETE /1.0/operations/${begun.id}`, { metadata: {} });
  daemon.on(`GET /1.0/operations/${begun.id}/wait`, async () => {
    await isUndone;
    return { metadata: fakeOperation({ status: 'Cancelled', status_code: 401, err: 'Cancelled' }) };
  });
  const surroundings = new FakeSurroundings(['launch', 'busybox'], { env: { WADAH_SOCKET: daemon.socket } });
  const status = run(surroundings, root);
  await expect.poll(() => daemon.requests.length).toBe(2);
  surroundings.signals.emit('SIGINT');
  await expect.poll(() => daemon.changes).toContain(`DELETE /1.0/operations/${begun.id}`);
  expect(surroundings.exits).toEqual([]);
  surroundings.signals.emit('SIGINT');
  expect(surroundings.exits).toEqual([130]);
  undone();
  expect(await status).toBe(130);
  expect(surroundings.signals.listenerCount('SIGINT')).toBe(0);
  expect(surroundings.err).toContain('Cancelling. Ctrl-C again leaves at once.\n');
});

test('monitor tells each event in a line, or as a JSON object for programs', async () => {
  await using daemon = await FakeDaemon.start();
  const events = [
    {
      type: 'lifecycle',
      metadata: { action: 'instance-started', source: '/1.0/instances/web1', context: { by: 'me' } },
    },
    { type: 'operation', metadata: fakeOperation({ description: 'Starting web1' }) },
    { type: 'logging', metadata: { level: 'warn', message: 'low\u001b[2J memory', context: {} } },
  ].map((event) => ({ ...event, timestamp: '2026-11-23T10:00:00Z' }));
  const play = (target: string) =>
    daemon.onSocket(target, (socket) => {
      for (const event of events) socket.send(JSON.stringify(event));
      socket.close();
    });
  play('/1.0/events');
  play('/1.0/events?type=lifecycle,operation');
  const text = await runLine(daemon, ['monitor']);
  expect(text.out.replaceAll(/^\d\d:\d\d:\d\d /gm, '')).toBe(
    `lifecycle instance-started /1.0/instances/web1 by=me
operation Success: Starting web1
logging   warn: low\\x1b[2J memory
`,
  );
  expect(text).toMatchObject({
    status: 125,
    err: expect.stringContaining('The daemon ended the stream') as string,
  });
  const json = (await runLine(daemon, ['monitor', '-t', 'lifecycle', '-t', 'operation', '-f', 'json'])).out;
  expect(
    json
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(events);
  expect(await runLine(daemon, ['monitor', '-t', 'all'])).toMatchObject({ status: 2 });
});

test('query prints metadata, sends what it is given, and waits for operations', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0', { metadata: { auth: 'trusted' } }).on('PUT /1.0/instances/a/state', done);
  daemon.on('GET /1.0/openapi.json', {
    content: '{"openapi":"3.1.0"}',
    headers: { 'content-type': 'application/json' },
  });
  const line = async (...words: string[]) =>
    (await runLine(daemon, ['query', ...words], { input: '{"action":"stop"}' })).out;
  expect(await line('1.0')).toBe('{\n  "auth": "trusted"\n}\n');
  expect(JSON.parse(await line('--raw', '/1.0'))).toMatchObject({ type: 'sync' });
  expect(JSON.parse(await line('/1.0/openapi.json'))).toEqual({ openapi: '3.1.0' });
  expect(JSON.parse(await line('-X', 'PUT', '-d', '-', '--wait', '/1.0/instances/a/state'))).toMatchObject({
    status: 'Success',
  });
  expect(daemon.requests.at(-1)).toMatchObject({ method: 'PUT', body: '{"action":"stop"}' });
  expect((await runLine(daemon, ['query', '-X', 'GIT', '/'])).status).toBe(2);
});

test('version works without a daemon, and says so', async () => {
  expect(await runLine({ socket: '/nonexistent' }, ['version'])).toEqual({
    status: 0,
    out: `Client: ${version}\nServer: unreachable\n`,
    err: '',
  });
});

test('--debug shows the requests', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/operations', { metadata: {} });
  expect((await runLine(daemon, ['operation', 'list', '--debug'])).err).toMatch(
    /^GET \/1.0\/operations\?recursion=1: 200 in [\d.]+ ms\n$/,
  );
});
