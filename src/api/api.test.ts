import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Fault } from '#model/fault.ts';
import type { Api } from './api.ts';
import { type FakeServices, fakeApi } from './testing/fake-services.ts';

let api: Api;
let services: FakeServices;

beforeEach(() => {
  ({ api, services } = fakeApi());
});
afterEach(() => api.close());

type Method = NonNullable<InjectOptions['method']>;

async function ask(method: Method, url: string, payload?: object, headers = {}) {
  const options: InjectOptions = { method, url, headers, ...(payload && { payload }) };
  const answer = await api.app.inject(options);
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
}

/** Creates an instance and waits until it is there. */
async function create(name: string, more: object = {}): Promise<void> {
  const source = { type: 'image', alias: 'busybox' };
  const { body } = await ask('POST', '/1.0/instances', { name, source, ...more });
  await ask('GET', `${body.operation}/wait`);
}

test('every JSON answer has the seven keys of the dialect', async () => {
  const keys = ['type', 'status', 'status_code', 'operation', 'error_code', 'error', 'metadata'];
  await create('c1');
  for (const [method, url] of [
    ['GET', '/1.0/instances'],
    ['DELETE', '/1.0/instances/c1'],
    ['GET', '/1.0/instances/none'],
  ] as const) {
    const { body } = await ask(method, url);
    expect(Object.keys(body)).toEqual(expect.arrayContaining(keys));
  }
});

test('a fault keeps its code and hint beside the text and number of the dialect', async () => {
  const { status, body } = await ask('GET', '/1.0/instances/none');
  expect(status).toBe(404);
  expect(body).toMatchObject({
    type: 'error',
    error: 'There is no instance "none"',
    error_code: 404,
    metadata: null,
    wadah: { code: 'not-found', hint: 'See: wadah list.' },
  });
});

test('what is no fault is answered as internal', async () => {
  services.instances.list = () => Promise.reject(new TypeError('x is not a function'));
  const { status, body } = await ask('GET', '/1.0/instances');
  expect(status).toBe(500);
  expect(body.wadah.code).toBe('internal');
});

test.each([
  ['POST', '/1.0/profiles', '{"name"', 400, 'The body is no JSON'],
  ['POST', '/1.0/profiles', '{"name": "p1", "__proto__": {}}', 400, 'The body is no JSON'],
  ['POST', '/1.0/profiles', '', 400, 'The request needs a body, a JSON document'],
  ['POST', '/1.0/profiles', ' '.repeat(2 ** 21), 413, 'The body is longer than 1 MiB'],
  ['GET', '/1.0/instances/%zz', '', 400, "'/1.0/instances/%zz' is not a valid url component"],
] as const)('%s %s with a malformed request is refused in the words of the dialect', async (...request) => {
  const [method, url, payload, status, error] = request;
  const headers = { 'content-type': 'application/json' };
  const answer = await api.app.inject({ method, url, payload, headers });
  expect(answer.statusCode).toBe(status);
  expect(answer.json()).toMatchObject({
    type: 'error',
    error,
    error_code: status,
    wadah: { code: 'invalid' },
  });
});

test('curl -d needs no header to be understood', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const payload = '{"name": "p1"}';
  const answer = await api.app.inject({ method: 'POST', url: '/1.0/profiles', payload, headers });
  expect(answer.statusCode).toBe(201);
  expect(answer.headers.location).toBe('/1.0/profiles/p1');
});

test('an operation is in the answer, under Location, and in the list until it is forgotten', async () => {
  const source = { type: 'image', alias: 'busybox' };
  const { status, headers, body } = await ask('POST', '/1.0/instances', { name: 'c1', source });
  expect(status).toBe(202);
  expect(body).toMatchObject({
    type: 'async',
    status: 'Operation created',
    status_code: 100,
    metadata: {
      status: 'Running',
      status_code: 103,
      resources: { instances: ['/1.0/instances/c1'], containers: ['/1.0/containers/c1'] },
    },
  });
  expect(headers.location).toBe(body.operation);
  const done = await ask('GET', `${body.operation}/wait?timeout=10`);
  expect(done.body.metadata).toMatchObject({ status: 'Success', status_code: 200 });
  const list = await ask('GET', '/1.0/operations?recursion=1');
  expect(list.body.metadata.success).toHaveLength(1);
  expect((await ask('GET', '/1.0/operations')).body.metadata).toEqual({ success: [body.operation] });
});

test('waiting for an operation ends with its time, or with the daemon', async () => {
  const options = { kind: 'test', description: 'waits', resources: {}, project: 'default' };
  const handle = services.operations.session(options, () => new Promise(() => {}));
  const early = await ask('GET', `/1.0/operations/${handle.id}/wait?timeout=0`);
  expect(early.body.metadata.status).toBe('Running');
  const waiting = ask('GET', `/1.0/operations/${handle.id}/wait`);
  await turn();
  await api.close();
  expect((await waiting).body.wadah.code).toBe('unavailable');
});

test('lists are paths, objects, or objects with their state', async () => {
  await create('c1', { start: true });
  await create('c2');
  const names = await ask('GET', '/1.0/instances');
  expect(names.body.metadata).toEqual(['/1.0/instances/c1', '/1.0/instances/c2']);
  const objects = await ask('GET', '/1.0/instances?recursion=1&filter=');
  expect(objects.body.metadata[1]).toMatchObject({ name: 'c2', status: 'Stopped', status_code: 102 });
  expect(objects.body.metadata[1]).not.toHaveProperty('state');
  const full = await ask('GET', '/1.0/instances?recursion=2&filter=status%20eq%20Running');
  expect(full.body.metadata).toHaveLength(1);
  expect(full.body.metadata[0]).toMatchObject({ name: 'c1', snapshots: [], backups: [] });
  expect(full.body.metadata[0].state.network.eth0.addresses).toEqual([
    { family: 'inet', address: '10.64.0.2', netmask: '20', scope: 'global' },
    { family: 'inet6', address: 'fd42::2', netmask: '64', scope: 'global' },
  ]);
});

test('a counter past 2^53 is a whole number, not a text', async () => {
  await create('c1', { start: true });
  const answer = await api.app.inject('/1.0/instances/c1/state');
  expect(answer.body).toMatch(/"cpu":\{"usage":\d{19}\}/);
});

test('older names of the collection show one type each, under the name that was used', async () => {
  await create('c1');
  expect((await ask('GET', '/1.0/containers')).body.metadata).toEqual(['/1.0/containers/c1']);
  expect((await ask('GET', '/1.0/virtual-machines?recursion=1')).body.metadata).toEqual([]);
  expect((await ask('GET', '/1.0/containers/c1')).body.metadata.name).toBe('c1');
  expect((await ask('GET', '/1.0/containersx')).status).toBe(404);
});

test('there is one project, and another one is not found', async () => {
  expect((await ask('GET', '/1.0/instances?project=default')).status).toBe(200);
  expect((await ask('GET', '/1.0/instances?project=other')).body.wadah.code).toBe('not-found');
  expect((await ask('GET', '/1.0/projects')).body.metadata).toEqual(['/1.0/projects/default']);
});

test('a change for an older version is refused, and one without If-Match is made', async () => {
  await create('c1');
  const { headers, body } = await ask('GET', '/1.0/instances/c1');
  const etag = String(headers.etag);
  expect(etag).toMatch(/^"[0-9a-f]+"$/);
  const change = { ...body.metadata, description: 'changed' };
  expect((await ask('PUT', '/1.0/instances/c1', change, { 'if-match': `W/${etag}` })).status).toBe(202);
  await turn();
  const late = await ask('PUT', '/1.0/instances/c1', change, { 'if-match': etag });
  expect(late.status).toBe(412);
  expect(late.body.wadah.code).toBe('conflict');
  expect((await ask('PUT', '/1.0/instances/c1', change)).status).toBe(202);
});

test('PUT takes back what GET gave, and PATCH leaves alone what it does not name', async () => {
  await create('c1', { config: { 'user.a': '1', 'limits.cpu': '2' }, profiles: [], description: 'mine' });
  const before = await ask('GET', '/1.0/instances/c1');
  await ask('PUT', '/1.0/instances/c1', before.body.metadata);
  await turn();
  const after = await ask('GET', '/1.0/instances/c1');
  expect(after.headers.etag).toBe(before.headers.etag);
  await ask('PATCH', '/1.0/instances/c1', { config: { 'user.b': '2' } });
  await turn();
  expect((await ask('GET', '/1.0/instances/c1')).body.metadata).toMatchObject({
    config: { 'user.a': '1', 'user.b': '2', 'limits.cpu': '2' },
    description: 'mine',
  });
});

test('a merge is made again when somebody else was faster, but not when it names its version', async () => {
  await create('c1');
  const update = services.instances.update.bind(services.instances);
  let refusals = 0;
  services.instances.update = (...given) => {
    refusals += 1;
    if (refusals % 2 === 1) throw new Fault('conflict', 'Changed in between');
    return update(...given);
  };
  expect((await ask('PATCH', '/1.0/instances/c1', { description: 'x' })).status).toBe(202);
  expect(refusals).toBe(2);
  const { headers } = await ask('GET', '/1.0/instances/c1');
  const named = await ask('PATCH', '/1.0/instances/c1', { description: 'y' }, { 'if-match': headers.etag });
  expect(named.status).toBe(412);
});

test('one request changes the state of every instance that can, and names those that fail', async () => {
  for (const name of ['c1', 'c2', 'c3']) await create(name, { start: name !== 'c3' });
  const changeState = services.instances.changeState.bind(services.instances);
  services.instances.changeState = (project, name, change) =>
    name === 'c2' ? Promise.reject(new Fault('host', 'no luck')) : changeState(project, name, change);
  const { body } = await ask('PUT', '/1.0/instances', { state: { action: 'stop' } });
  const { body: done } = await ask('GET', `${body.operation}/wait`);
  expect(done.metadata).toMatchObject({ status: 'Failure', err: '1 of 2 instances failed: c2: no luck' });
  expect((await ask('GET', '/1.0/instances/c1')).body.metadata.status).toBe('Stopped');
});

test('files keep owner, permissions and type in both families of headers', async () => {
  const url = '/1.0/instances/c1/files?path=root%2Fhn';
  const headers = { 'x-lxd-uid': '1000', 'x-incus-gid': '33', 'x-lxd-mode': '0640' };
  // More than a JSON body may have.
  const payload = Buffer.alloc(2 ** 21, 'salam');
  await api.app.inject({ method: 'POST', url, payload, headers });
  await api.app.inject({ method: 'POST', url, payload, headers: { ...headers, 'x-lxd-write': 'append' } });
  for (const method of ['GET', 'HEAD'] as const) {
    const answer = await api.app.inject({ method, url: '/1.0/instances/c1/files?path=/root/hn' });
    for (const family of ['x-lxd-', 'x-incus-']) {
      const facts = ['uid', 'gid', 'mode', 'type'].map((fact) => answer.headers[family + fact]);
      expect(facts).toEqual(['1000', '33', '0640', 'file']);
    }
    if (method === 'HEAD') expect(answer.headers['content-length']).toBe(String(2 ** 22));
    else expect(answer.rawPayload.equals(Buffer.concat([payload, payload]))).toBe(true);
  }
});

test('a file that is written anew while it is read is given as far as it goes', async () => {
  const attributes = {
    uid: 0,
    gid: 0,
    mode: 0o644,
    type: 'file',
    modifiedAt: '2026-01-02T03:04:05Z',
  } as const;
  services.files.read = async () => ({ ...attributes, sizeBytes: 9, content: Readable.from(['new']) });
  const { headers, body } = await api.app.inject('/1.0/instances/c1/files?path=/changing');
  expect([headers['content-length'], body]).toEqual([undefined, 'new']);
});

test('folders list their names, links their target, and bad attributes are refused', async () => {
  const post = (path: string, headers: Record<string, string>, payload = '') =>
    api.app.inject({ method: 'POST', url: `/1.0/instances/c1/files?path=${path}`, headers, payload });
  await post('/d', { 'x-lxd-type': 'directory' });
  await post('/d/l', { 'x-incus-type': 'symlink' }, 'target');
  expect((await ask('GET', '/1.0/instances/c1/files?path=d')).body.metadata).toEqual(['l']);
  const link = await api.app.inject('/1.0/instances/c1/files?path=/d/l');
  expect([link.headers['x-lxd-type'], link.body]).toEqual(['symlink', 'target']);
  expect((await post('/x', { 'x-lxd-mode': '999' })).json().error).toContain('octal');
  expect((await post('/x', { 'x-lxd-type': 'socket' })).json().error).toContain('file, directory, symlink');
  expect((await ask('DELETE', '/1.0/instances/c1/files?path=/none')).status).toBe(404);
});

test('an alias is created, changed under its ETag, renamed and deleted', async () => {
  const made = await ask('POST', '/1.0/images/aliases', { name: 'debian/12', target: 'ab12' });
  expect([made.status, made.headers.location]).toEqual([201, '/1.0/images/aliases/debian%2F12']);
  const url = '/1.0/images/aliases/debian%2F12';
  const { headers, body } = await ask('GET', url);
  expect(body.metadata).toMatchObject({ name: 'debian/12', target: 'ab12'.repeat(16), type: 'container' });
  const match = { 'if-match': headers.etag };
  expect((await ask('PATCH', url, { description: 'stable' }, match)).status).toBe(200);
  expect((await ask('PATCH', url, { description: 'again' }, match)).status).toBe(412);
  expect((await ask('PUT', url, { description: 'no target' })).status).toBe(400);
  expect((await ask('POST', url, { name: 'bookworm' })).status).toBe(201);
  expect((await ask('DELETE', '/1.0/images/aliases/bookworm')).status).toBe(200);
  expect((await ask('GET', '/1.0/images/aliases')).body.metadata).toEqual(['/1.0/images/aliases/busybox']);
});

test('an image is built by its recipe, and no other source is taken', async () => {
  const built = await ask('POST', '/1.0/images', { source: { type: 'wadah-build', recipe: 'busybox' } });
  const done = await ask('GET', `${built.body.operation}/wait`);
  expect(done.body.metadata.metadata.fingerprint).toBe('ab12'.repeat(16));
  const url = await ask('POST', '/1.0/images', { source: { type: 'url' } });
  expect(url.body.wadah.code).toBe('unsupported');
});

test('what the dialect has and we do not is told apart from what there is not', async () => {
  expect((await ask('POST', '/1.0/instances/c1/snapshots', {})).status).toBe(501);
  expect((await ask('GET', '/1.0/storage-pools')).status).toBe(501);
  expect((await ask('DELETE', '/1.0/networks/wadahbr0')).status).toBe(501);
  expect((await ask('GET', '/1.0/nothing')).status).toBe(404);
  expect((await ask('GET', '/2.0')).status).toBe(404);
});

test('a websocket that is asked for without an upgrade says so', async () => {
  expect((await ask('GET', '/1.0/events')).body.error).toBe('/1.0/events is a websocket');
});

test('the log of an instance is found under the name that clients know', async () => {
  await create('c1');
  expect((await ask('GET', '/1.0/instances/c1/logs')).body.metadata).toEqual([
    '/1.0/instances/c1/logs/lxc.log',
  ]);
  expect((await api.app.inject('/1.0/instances/c1/logs/lxc.log')).body).toBe('booted\n');
  expect((await ask('GET', '/1.0/instances/c1/logs/other.log')).status).toBe(404);
  expect((await ask('DELETE', '/1.0/instances/c1/logs/lxc.log')).status).toBe(400);
  await ask('DELETE', '/1.0/instances/c1/console');
  expect((await api.app.inject('/1.0/instances/c1/console')).body).toBe('');
});
