import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { audit } from '../../harness/audit.ts';
import { v2GroupOf } from '../../harness/audit/processes.ts';
import { makeHostWithImages } from '../../harness/images.ts';
import { eventually, type TestHost } from '../../harness/host.ts';
import { echo, readAll, Side } from './side.ts';
import { local } from './web.ts';

let host: TestHost;
let outside: Side;
let inside: Side;

beforeAll(async () => {
  host = await makeHostWithImages('busybox');
  outside = new Side(host.network.path);
});
afterAll(() => host.remove());

/** A container of which the host's port 7000 leads to a server that repeats. */
beforeEach(async ({ onTestFinished }) => {
  const device = 'echo,type=proxy,listen=tcp:127.0.0.1:7000,connect=tcp:127.0.0.1:7';
  await host.must('launch', 'busybox', 'web', '-d', device);
  inside = new Side(`/proc/${await host.initPid('web')}/ns/net`);
  inside.listen(local(7), echo);
  onTestFinished(async () => {
    outside.close();
    inside.close();
    await host.must('delete', '--force', 'web');
    await audit(host);
  });
});

async function answer(port = 7000): Promise<string> {
  const client = outside.connect(local(port));
  client.end('salam');
  return readAll(client);
}

const isFree = (port: number): boolean => {
  try {
    outside.listen(local(port), () => undefined).close();
    return true;
  } catch {
    return false;
  }
};

const proxyPids = (): number[] =>
  readFileSync(path.join(v2GroupOf(host, 'proxy'), 'cgroup.procs'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(Number);

test('connections outlive the daemon, and new ones are served while there is none', async () => {
  await host.must(
    'launch',
    'busybox',
    'other',
    '-d',
    'o,type=proxy,listen=tcp:127.0.0.1:7001,connect=tcp:127.0.0.1:7',
  );
  const [program] = proxyPids();
  assert.equal(proxyPids().length, 1, 'one program for all');
  const client = outside.connect(local(7000));
  client.write('before');
  assert.equal(String((await once(client, 'data'))[0]), 'before');
  await host.endDaemon('SIGKILL');
  assert.equal(await answer(), 'salam');
  await host.startDaemon();
  client.write('after');
  assert.equal(String((await once(client, 'data'))[0]), 'after');
  assert.equal(await answer(), 'salam');
  await audit(host);
  await host.must('delete', '--force', 'other');
  assert.deepEqual(proxyPids(), [program]);
});

test('of a container that ends while there is no daemon nothing is listened to any more', async () => {
  const pid = await host.initPid('web');
  await host.endDaemon('SIGKILL');
  inside.close();
  process.kill(pid, 'SIGKILL');
  await eventually(async () => assert.ok(isFree(7000)));
  await host.startDaemon();
});

test('the proxy’s program that dies comes back and serves as before', async () => {
  const [before] = proxyPids();
  assert.ok(before !== undefined);
  process.kill(before, 'SIGKILL');
  await eventually(async () => assert.equal(await answer(), 'salam'));
  assert.notEqual(proxyPids()[0], before);
});

test('without anything to forward there is no program', async () => {
  await host.must('config', 'device', 'remove', 'web', 'echo');
  assert.deepEqual(proxyPids(), []);
  assert.ok(isFree(7000));
});

test('an address that is taken is refused at once, and of many ports none is taken then', async () => {
  outside.listen(local(7103), () => undefined);
  const add = (...options: string[]) =>
    host.wadah(['config', 'device', 'add', 'web', 'more', 'proxy', ...options, 'connect=tcp:127.0.0.1:7']);
  const taken = await add('listen=tcp:127.0.0.1:7100-7105');
  assert.match(taken.stderr, /Device "more": tcp:127\.0\.0\.1:7103 is in use on the host already/);
  assert.match(taken.stderr, /ss -lntp sport = :7103/);
  assert.deepEqual(
    [7100, 7101, 7102, 7104, 7105].filter((port) => !isFree(port)),
    [],
  );
  const clash = await add('listen=tcp:0.0.0.0:6999-7000');
  assert.match(clash.stderr, /The proxies .*"more".* cannot both listen on tcp:\S+:7000/);
  const strange = await add('listen=tcp:192.0.2.99:80');
  assert.match(strange.stderr, /tcp:192\.0\.2\.99:80 is no address on the host/);
  assert.equal(await answer(), 'salam', 'what was there goes on');
  expect(await host.must('config', 'show', 'web')).not.toMatch(/more/);
});

test('a change that is refused leaves what was', async () => {
  outside.listen(local(7201), () => undefined);
  const refused = await host.wadah(['config', 'device', 'set', 'web', 'echo', 'listen=tcp:127.0.0.1:7201']);
  assert.match(refused.stderr, /in use on the host already/);
  assert.equal(await answer(), 'salam');
});

test('a container whose address is taken does not start, and says why', async () => {
  await host.must('stop', '--force', 'web');
  outside.listen(local(7000), () => undefined);
  const refused = await host.wadah(['start', 'web']);
  assert.match(refused.stderr, /Device "echo": tcp:127\.0\.0\.1:7000 is in use on the host already/);
  assert.equal(await host.must('list', '--format', 'csv', '-c', 's'), 'STOPPED');
});
