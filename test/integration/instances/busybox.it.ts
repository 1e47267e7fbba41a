import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { eventually, makeHost } from '../../harness/host.ts';
import type { TestHost } from '../../harness/host.ts';

let host: TestHost;

beforeAll(async () => {
  host = await makeHost();
  await host.buildImage('busybox');
});
afterAll(() => host.remove());

async function state(name: string): Promise<string> {
  const instance = await host.client.read('/1.0/instances/{name}', { params: { name } });
  return instance.status;
}

test('launch, exec, stop, start, delete', async () => {
  await host.must('launch', 'busybox', 'first');
  assert.equal(await state('first'), 'Running');
  assert.equal(await host.must('exec', 'first', '--', 'hostname'), 'first');
  await host.must('stop', 'first');
  assert.equal(await state('first'), 'Stopped');
  await host.must('start', 'first');
  assert.equal(await host.must('exec', 'first', '--', 'cat', '/proc/1/comm'), 'init');
  await host.must('delete', '--force', 'first');
  const gone = await host.wadah(['info', 'first']);
  assert.notEqual(gone.exitCode, 0);
  assert.match(String(gone.stderr), /There is no instance "first"/);
});

test('a container has pid 1, root and a user namespace of its own', async () => {
  await host.must('launch', 'busybox', 'inner');
  assert.equal(await host.must('exec', 'inner', '--', 'id', '-u'), '0');
  const map = await host.must('exec', 'inner', '--', 'cat', '/proc/self/uid_map');
  const [inside, outside, size] = map.trim().split(/\s+/).map(Number);
  assert.equal(inside, 0);
  assert.ok((outside ?? 0) >= 1_000_000, 'root inside is nobody outside');
  assert.equal(size, 65_536);
  await host.must('delete', '--force', 'inner');
});

test('a reboot from inside starts the same disk again, a power-off stops it', async () => {
  await host.must('launch', 'busybox', 'cycle');
  await host.must('exec', 'cycle', '--', 'touch', '/root/kept');
  const before = await host.initPid('cycle');
  await host.wadah(['exec', 'cycle', '--', 'reboot']);
  await eventually(async () => {
    const now = await host.initPid('cycle');
    assert.ok(now > 0 && now !== before, 'a new init');
  });
  assert.equal(await host.must('exec', 'cycle', '--', 'ls', '/root'), 'kept');
  await host.wadah(['exec', 'cycle', '--', 'poweroff']);
  await eventually(async () => assert.equal(await state('cycle'), 'Stopped'));
  await host.must('delete', 'cycle');
});

test('pause stops its processes, resume lets them go on', async () => {
  await host.must('launch', 'busybox', 'cold');
  const pid = await host.initPid('cold');
  await host.must('pause', 'cold');
  assert.equal(await state('cold'), 'Frozen');
  await host.must('resume', 'cold');
  assert.equal(await state('cold'), 'Running');
  assert.equal(await host.initPid('cold'), pid);
  await host.must('delete', '--force', 'cold');
});

test('containers reach each other by name and not each other’s files', async () => {
  await host.must('launch', 'busybox', 'left');
  await host.must('launch', 'busybox', 'right');
  await host.must('exec', 'left', '--', 'sh', '-c', 'echo mine > /root/secret');
  const ping = await host.must('exec', 'left', '--', 'ping', '-c', '1', '-W', '5', 'right');
  assert.match(ping, /1 packets received/);
  const other = await host.wadah(['exec', 'right', '--', 'cat', '/root/secret']);
  assert.notEqual(other.exitCode, 0);
  await host.must('delete', '--force', 'left', 'right');
});

test('exec passes input, output, errors and the exit status', async () => {
  await host.must('launch', 'busybox', 'talk');
  const echoed = await host.wadah(['exec', 'talk', '--', 'sh', '-c', 'cat; echo no >&2; exit 7'], {
    input: 'yes',
  });
  assert.equal(echoed.stdout, 'yes');
  assert.equal(echoed.stderr, 'no');
  assert.equal(echoed.exitCode, 7);
  const missing = await host.wadah(['exec', 'talk', '--', '/nothing/here']);
  assert.equal(missing.exitCode, 127);
  await host.must('delete', '--force', 'talk');
});

test('files are pushed and pulled, while it runs and while it does not', async () => {
  await host.must('launch', 'busybox', 'files');
  for (const step of ['running', 'stopped']) {
    const put = await host.wadah(['file', 'push', '-', `files/root/${step}`], { input: `hello ${step}\n` });
    assert.equal(put.exitCode, 0, String(put.stderr));
    assert.equal(await host.must('file', 'pull', `files/root/${step}`, '-'), `hello ${step}`);
    if (step === 'running') await host.must('stop', '--force', 'files');
  }
  await host.must('start', 'files');
  assert.equal(await host.must('exec', 'files', '--', 'cat', '/root/stopped'), 'hello stopped');
  await host.must('delete', '--force', 'files');
});

test('rename keeps it running and answers to the new name', async () => {
  await host.must('launch', 'busybox', 'alpha');
  await host.must('launch', 'busybox', 'witness');
  const pid = await host.initPid('alpha');
  await host.must('rename', 'alpha', 'beta');
  assert.equal(await host.initPid('beta'), pid);
  await eventually(async () => {
    const ping = await host.wadah(['exec', 'witness', '--', 'ping', '-c', '1', '-W', '2', 'beta']);
    assert.equal(ping.exitCode, 0, String(ping.stderr));
  });
  await host.must('delete', '--force', 'beta', 'witness');
});

test('an ephemeral instance is gone once it stops', async () => {
  await host.must('launch', 'busybox', 'brief', '--ephemeral');
  await host.must('stop', '--force', 'brief');
  await eventually(async () => assert.notEqual((await host.wadah(['info', 'brief'])).exitCode, 0));
});

test('memory, processors and processes are limited, and changed while it runs', async () => {
  await host.must('launch', 'busybox', 'small', '-c', 'limits.memory=64MiB', '-c', 'limits.processes=20');
  const total = async () =>
    host.must('exec', 'small', '--', 'sh', '-c', 'grep MemTotal /proc/meminfo | tr -dc 0-9');
  assert.equal(Number(await total()), 64 * 1024);
  await host.must('config', 'set', 'small', 'limits.memory', '96MiB');
  assert.equal(Number(await total()), 96 * 1024);
  const bomb = await host.wadah([
    'exec',
    'small',
    '--',
    'sh',
    '-c',
    'for i in $(seq 40); do sleep 5 & done; wait',
  ]);
  assert.match(String(bomb.stderr), /can't fork|Resource temporarily unavailable/);
  await host.must('delete', '--force', 'small');
});
