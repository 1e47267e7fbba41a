import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FakeDaemon, fakeOperation } from '#client/fake-daemon.ts';
import { fakeInstance, fakeProfile, fakeRunning } from '#client/fake-documents.ts';
import type { Instance } from '#contract/contract.ts';
import { runLine } from '../fake-surroundings.ts';

const done = { operation: fakeOperation() };

/** A daemon that holds one instance and takes changes of it. */
async function holding(instance: Instance) {
  const daemon = await FakeDaemon.start();
  daemon
    .on('GET /1.0/instances/web1', { metadata: instance, etag: '"1"' })
    .on('PUT /1.0/instances/web1', done);
  const put = () => JSON.parse(lastPut(daemon)?.body ?? 'null') as Instance;
  return { daemon, put };
}

const lastPut = ({ requests }: FakeDaemon) => requests.findLast(({ method }) => method === 'PUT');

const nic = { type: 'nic', network: 'wadahbr0' };

test('config set keeps the other keys, and refuses to overwrite what someone else changed', async () => {
  const { daemon, put } = await holding(fakeInstance({ config: { 'user.a': '1', 'volatile.uuid': 'x' } }));
  await using _ = daemon;
  expect(await runLine(daemon, ['config', 'set', 'web1', 'limits.memory=1GiB', 'user.a=2'])).toMatchObject({
    status: 0,
  });
  expect(put().config).toEqual({ 'user.a': '2', 'volatile.uuid': 'x', 'limits.memory': '1GiB' });
  expect(lastPut(daemon)?.headers['if-match']).toBe('"1"');
});

test('config set takes a key and its value apart as well', async () => {
  const { daemon, put } = await holding(fakeInstance());
  await using _ = daemon;
  await runLine(daemon, ['config', 'set', 'web1', 'user.note', 'a = b']);
  expect(put().config).toEqual({ 'user.note': 'a = b' });
  expect((await runLine(daemon, ['config', 'set', 'web1', 'user.note'])).status).toBe(2);
});

test('a change that lost a race is made again from what is there then', async () => {
  await using daemon = await FakeDaemon.start();
  let writes = 0;
  daemon.on('GET /1.0/instances/web1', () => ({
    metadata: fakeInstance({ config: { 'user.n': String(writes) } }),
  }));
  daemon.on('PUT /1.0/instances/web1', () => {
    writes += 1;
    return writes < 3 ? { error: 'changed', status: 412, wadah: { code: 'conflict' } } : done;
  });
  expect((await runLine(daemon, ['config', 'set', 'web1', 'user.a=1'])).status).toBe(0);
  expect(JSON.parse(lastPut(daemon)?.body ?? '')).toMatchObject({
    config: { 'user.n': '2', 'user.a': '1' },
  });
});

test('a key that waits for the next start is announced at a terminal', async () => {
  const pending = [{ key: 'security.privileged', running: null, configured: 'true' }];
  const { daemon } = await holding(fakeRunning({ wadah: { pending } }));
  await using _ = daemon;
  const set = async (assignment: string, isTerminal: boolean) =>
    (await runLine(daemon, ['config', 'set', 'web1', assignment], { isTerminal })).err;
  expect(await set('security.privileged=true', true)).toContain(
    'will take effect at the next start: wadah restart web1',
  );
  expect(await set('limits.memory=1GiB', true)).toBe('');
  expect(await set('security.privileged=true', false)).toBe('');
});

test('config unset removes keys, and tells when there is nothing to remove', async () => {
  const { daemon, put } = await holding(fakeInstance({ config: { 'user.a': '1', 'user.b': '2' } }));
  await using _ = daemon;
  await runLine(daemon, ['config', 'unset', 'web1', 'user.a']);
  expect(put().config).toEqual({ 'user.b': '2' });
  expect(await runLine(daemon, ['config', 'unset', 'web1', 'user.c'])).toMatchObject({ status: 3 });
});

test('config get and show tell what was set, and with --expanded what applies', async () => {
  const config = { 'limits.cpu': '2' };
  const instance = { ...fakeInstance({ config }), expanded_config: { ...config, 'limits.memory': '1GiB' } };
  const { daemon } = await holding(instance);
  await using _ = daemon;
  const out = async (...line: string[]) => (await runLine(daemon, ['config', ...line])).out;
  expect(await out('get', 'web1', 'limits.cpu')).toBe('2\n');
  expect(await out('get', 'web1', 'limits.memory')).toBe('\n');
  const misspelt = await runLine(daemon, ['config', 'get', 'web1', 'limits.memroy']);
  expect(misspelt).toMatchObject({ status: 2, err: expect.stringContaining('Did you mean limits.memory?') });
  expect(await out('get', 'web1', 'limits.memory', '--expanded')).toBe('1GiB\n');
  expect(await out('show', 'web1')).toContain('config:\n  limits.cpu: "2"\n');
  expect(JSON.parse(await out('show', 'web1', '-e', '-f', 'json'))).toMatchObject({
    config: { 'limits.memory': '1GiB' },
  });
});

test('config edit replaces the configuration from standard input', async () => {
  const { daemon, put } = await holding(fakeInstance());
  await using _ = daemon;
  const input = 'config:\n  user.a: "1"\ndevices: {}\n';
  expect((await runLine(daemon, ['config', 'edit', 'web1'], { input })).status).toBe(0);
  expect(put()).toEqual({ config: { 'user.a': '1' }, devices: {} });
  expect((await runLine(daemon, ['config', 'edit', 'web1'], { input: '- a\n' })).err).toContain(
    'no map of keys',
  );
});

test('config edit opens an editor, again until the daemon takes the text', async () => {
  const { daemon, put } = await holding(fakeInstance({ description: 'old' }));
  await using _ = daemon;
  const folder = await mkdtemp(join(tmpdir(), 'wadah-editor-'));
  try {
    const editor = join(folder, 'editor');
    // The first time it breaks the text, the second time it mends it.
    await writeFile(
      editor,
      '#!/bin/sh\nif grep -q old "$1"; then echo "[" > "$1"; else echo "description: new" > "$1"; fi\n',
    );
    await chmod(editor, 0o755);
    const pretence = { isTerminal: true, input: '\n', env: { EDITOR: editor, PATH: process.env.PATH ?? '' } };
    const { status, err } = await runLine(daemon, ['config', 'edit', 'web1'], pretence);
    expect(err).toContain('This is no YAML');
    expect(status).toBe(0);
    expect(put()).toEqual({ description: 'new' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('device add does not replace a device, and set copies one from a profile', async () => {
  const { daemon, put } = await holding({ ...fakeInstance(), expanded_devices: { eth0: nic } });
  await using _ = daemon;
  await runLine(daemon, ['config', 'device', 'add', 'web1', 'eth1', 'nic', 'network=wadahbr0']);
  expect(put().devices).toEqual({ eth1: nic });
  await runLine(daemon, ['config', 'device', 'set', 'web1', 'eth0', 'ipv4.address=10.77.0.9']);
  expect(put().devices).toEqual({ eth0: { ...nic, 'ipv4.address': '10.77.0.9' } });
});

test('a device of a profile is not removed from the instance, but the way to hide it is told', async () => {
  const { daemon, put } = await holding({
    ...fakeInstance({ devices: { eth1: nic } }),
    expanded_devices: { eth0: nic, eth1: nic },
  });
  await using _ = daemon;
  const remove = (...names: string[]) => runLine(daemon, ['config', 'device', 'remove', 'web1', ...names]);
  expect((await remove('eth0')).err).toContain('wadah config device add web1 eth0 none');
  expect(await remove('eth9')).toMatchObject({ status: 3 });
  await remove('eth1');
  expect(put().devices).toEqual({});
  expect(await runLine(daemon, ['config', 'device', 'add', 'web1', 'eth1', 'nic'])).toMatchObject({
    status: 6,
  });
});

test('device list tells where a device comes from', async () => {
  const { daemon } = await holding({
    ...fakeInstance({ devices: { eth1: nic } }),
    expanded_devices: { eth0: nic, eth1: nic },
  });
  await using _ = daemon;
  expect((await runLine(daemon, ['config', 'device', 'list', 'web1', '-f', 'compact'])).out).toBe(
    `NAME  TYPE  FROM      OPTIONS
eth0  nic   profile   network=wadahbr0
eth1  nic   instance  network=wadahbr0
`,
  );
  expect((await runLine(daemon, ['config', 'device', 'get', 'web1', 'eth0', 'network'])).out).toBe(
    'wadahbr0\n',
  );
});

test('profiles are added to and removed from instances in order', async () => {
  const { daemon, put } = await holding(fakeInstance({ profiles: ['default'] }));
  await using _ = daemon;
  await runLine(daemon, ['profile', 'add', 'web1', 'small']);
  expect(put().profiles).toEqual(['default', 'small']);
  await runLine(daemon, ['profile', 'remove', 'web1', 'default']);
  expect(put().profiles).toEqual([]);
  expect(await runLine(daemon, ['profile', 'add', 'web1', 'default'])).toMatchObject({ status: 6 });
  expect((await runLine(daemon, ['profile', 'remove', 'web1', 'small'])).err).toContain(
    'It includes default.',
  );
});

test('profiles are created, listed, shown, edited, renamed and deleted', async () => {
  await using daemon = await FakeDaemon.start();
  const nothing = { metadata: {} };
  daemon.on('POST /1.0/profiles', nothing).on('PUT /1.0/profiles/small', nothing);
  daemon.on('POST /1.0/profiles/small', nothing).on('DELETE /1.0/profiles/tiny', nothing);
  const profile = fakeProfile({ name: 'small', used_by: ['/1.0/instances/web1'] });
  daemon
    .on('GET /1.0/profiles', { metadata: [profile] })
    .on('GET /1.0/profiles/small', { metadata: profile });
  const line = async (...words: string[]) =>
    (await runLine(daemon, ['profile', ...words], { input: 'config: {}' })).out;
  expect(await line('create', 'small', '-c', 'limits.cpu=1', '-d', 'eth0,type=nic')).toBe(
    'Created profile small\n',
  );
  expect(JSON.parse(daemon.requests[0]?.body ?? '')).toEqual({
    name: 'small',
    description: '',
    config: { 'limits.cpu': '1' },
    devices: { eth0: { type: 'nic' } },
  });
  expect(await line('list', '-f', 'csv')).toBe('small,,1\n');
  expect(await line('show', 'small')).toContain('name: small\n');
  expect(await line('edit', 'small')).toBe('');
  expect(await line('rename', 'small', 'tiny')).toBe('Renamed profile small to tiny\n');
  expect(await line('delete', 'tiny')).toBe('Deleted profile tiny\n');
  expect(daemon.changes).toEqual([
    'POST /1.0/profiles',
    'PUT /1.0/profiles/small',
    'POST /1.0/profiles/small',
    'DELETE /1.0/profiles/tiny',
  ]);
});
