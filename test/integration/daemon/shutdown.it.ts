import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { startTimeOf } from '#host/process/proc.ts';
import { eventually, type TestHost } from '../../harness/host.ts';
import { idleGuest } from '../../harness/idle-guest.ts';
import { makeHostWithImages } from '../../harness/images.ts';

let host: TestHost;

beforeAll(async () => {
  host = await makeHostWithImages('busybox', idleGuest);
  await host.must('launch', 'busybox', 'last', '-c', 'boot.stop.priority=-1');
  await host.must('launch', 'busybox', 'first', '-c', 'boot.stop.priority=9');
  // Longer than anybody waits for a test: it must go when it is asked to.
  await host.must('launch', 'busybox', 'middle', '-c', 'boot.host_shutdown_timeout=3600');
  await host.must('launch', 'busybox', 'idle');
  // It does not listen when it is asked to power off, and is killed when its time is over.
  const machine = ['-c', 'boot.stop.priority=5', '-c', 'boot.host_shutdown_timeout=1'];
  await host.must('launch', idleGuest.name, 'machine', '--vm', ...machine);
  await host.must('stop', 'idle', '--force');
});
afterAll(() => host.remove());

const names = ['first', 'machine', 'middle', 'last'];
const nobody = names.map(() => undefined);
const inits = () => Promise.all(names.map((name) => host.initPid(name)));

/** The next daemon starts what ran before, and nothing else. */
async function comeBack(): Promise<void> {
  await host.startDaemon();
  const wanted = ['first,RUNNING', 'idle,STOPPED', 'last,RUNNING', 'machine,RUNNING', 'middle,RUNNING'].join(
    '\n',
  );
  await eventually(async () => assert.equal(await host.must('list', '--format', 'csv', '-c', 'ns'), wanted));
}

/** Names of the instances of which the daemon said that they have stopped, in that order, since `from`. */
async function stopped(from: number): Promise<string[]> {
  const log = (await host.daemonLog()).slice(from);
  return [...log.matchAll(/"instance":"(\w+)","msg":"stopped"/g)].map(([, name]) => name ?? '');
}

test('when the host goes down all instances of both kinds stop by priority, and the next daemon starts those that ran', async () => {
  const before = await inits();
  const from = (await host.daemonLog()).length;
  const { exitCode, stderr } = await host.wadahd('--shutdown');
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(before.map(startTimeOf), nobody);
  assert.deepEqual(await stopped(from), names);
  await comeBack();
});

test('a daemon that has died does not keep the instances from being stopped in order', async () => {
  const before = await inits();
  await host.endDaemon('SIGKILL');
  const { exitCode, stdout, stderr } = await host.wadahd('--shutdown');
  assert.equal(exitCode, 0, stderr);
  assert.match(
    stdout,
    /"priority":9.*\n.*"first".*\n.*"priority":5.*\n.*"machine".*\n.*"priority":0.*\n.*"middle".*\n.*"priority":-1/,
  );
  assert.deepEqual(before.map(startTimeOf), nobody);
  await comeBack();
});

test('a second shutdown finds nothing to do', async () => {
  await host.wadahd('--shutdown');
  const { exitCode, stdout } = await host.wadahd('--shutdown');
  assert.equal(exitCode, 0);
  assert.equal(stdout, '');
  await comeBack();
});
