import assert from 'node:assert/strict';
import { execa } from 'execa';
import { afterAll, beforeAll, test } from 'vitest';
import { eventually, makeHost } from '../../harness/host.ts';
import type { TestHost } from '../../harness/host.ts';

let host: TestHost;

beforeAll(async () => {
  host = await makeHost();
  await host.buildImage('busybox');
});
afterAll(() => host.remove());

/** Pids of the programs of this name whose arguments speak of this daemon's runtime folder. */
async function pidsOf(program: string): Promise<number[]> {
  const { stdout } = await execa('pgrep', ['-f', `${program}.*/run/wadah/${host.mark}/`], { reject: false });
  return stdout.split('\n').filter(Boolean).map(Number);
}

test.each([
  [['launch', 'nothing/here', 'x'], /nothing\/here/],
  [['launch', 'busybox', 'not_a_name'], /cannot be the name of an instance/],
  [['launch', 'busybox', 'x', '-c', 'limits.memory=lots'], /limits\.memory must be an amount/],
  [['launch', 'busybox', 'x', '-c', 'limits.memorry=1GiB'], /no config key "limits\.memorry"/],
  [['launch', 'busybox', 'x', '-p', 'ghost'], /no profile "ghost"/],
  [['start', 'ghost'], /no instance "ghost"/],
  [['image', 'build', 'debian/99'], /debian\/99/],
])('wadah %s is refused with words, and nothing is made', async (args, words) => {
  const result = await host.wadah(args);
  assert.notEqual(result.exitCode, 0);
  assert.match(String(result.stderr), words);
  assert.equal(await host.must('list', '--format', 'csv', '-c', 'n'), '');
});

test('an init that is killed from the host is seen as failed, and the instance starts again', async () => {
  await host.must('launch', 'busybox', 'victim');
  process.kill(await host.initPid('victim'), 'SIGKILL');
  const status = async () =>
    (await host.client.read('/1.0/instances/{name}', { params: { name: 'victim' } })).status;
  await eventually(async () => assert.equal(await status(), 'Error'));
  await host.must('start', 'victim');
  assert.equal(await status(), 'Running');
  await host.must('delete', '--force', 'victim');
});

test('a killed dnsmasq comes back, and names resolve again', async () => {
  await host.must('launch', 'busybox', 'one');
  await host.must('launch', 'busybox', 'two');
  const [before] = await pidsOf('dnsmasq');
  assert.ok(before, 'dnsmasq runs');
  process.kill(before, 'SIGKILL');
  await eventually(async () => {
    const [now] = await pidsOf('dnsmasq');
    assert.ok(now !== undefined && now !== before, 'a new dnsmasq');
  });
  await eventually(async () => {
    const ping = await host.wadah(['exec', 'one', '--', 'ping', '-c', '1', '-W', '2', 'two']);
    assert.equal(ping.exitCode, 0, String(ping.stderr));
  });
  await host.must('delete', '--force', 'one', 'two');
});

test('a killed lxcfs comes back, and running containers see true figures again', async () => {
  await host.must('launch', 'busybox', 'small', '-c', 'limits.memory=64MiB');
  const total = () =>
    host.wadah(['exec', 'small', '--', 'sh', '-c', 'grep MemTotal /proc/meminfo | tr -dc 0-9']);
  assert.equal(Number((await total()).stdout), 64 * 1024);
  const [before] = await pidsOf('lxcfs');
  assert.ok(before, 'lxcfs runs');
  process.kill(before, 'SIGKILL');
  await eventually(async () => assert.equal(Number((await total()).stdout), 64 * 1024));
  await host.must('delete', '--force', 'small');
});

test('a launch that is cancelled leaves nothing', async () => {
  const request = {
    body: { name: 'brief', type: 'container', source: { type: 'image', alias: 'busybox' }, start: true },
  } as const;
  const operation = await host.client.begin('POST', '/1.0/instances', request);
  await host.client
    .send('DELETE', '/1.0/operations/{id}', { params: { id: operation.id } })
    .catch(() => undefined); // it may be over already
  await eventually(async () => {
    const list = await host.client.read('/1.0/operations', { query: { recursion: 1 } });
    assert.equal(JSON.stringify(list).includes('"Running"'), false);
  });
  const names = await host.must('list', '--format', 'csv', '-c', 'n');
  if (names === 'brief') await host.must('delete', '--force', 'brief');
  await host.must('launch', 'busybox', 'brief');
  await host.must('delete', '--force', 'brief');
});
