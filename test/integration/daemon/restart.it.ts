import assert from 'node:assert/strict';
import { execa } from 'execa';
import { test } from 'vitest';
import { isAlive, startTimeOf } from '#host/process/proc.ts';
import { ProfileRecords } from '#service/profiles/profile-records.ts';
import { openStores } from '#store/open-stores.ts';
import { hierarchies } from '../../harness/hierarchies.ts';
import { eventually, type TestHost, testHost } from '../../harness/host.ts';

test('an instance does not notice that the daemon was killed and came back', async (t) => {
  const host = await testHost(t);
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'steady');
  const before = await host.initPid('steady');
  await host.killAndRestartDaemon();
  assert.equal(await host.initPid('steady'), before);
  assert.equal(await host.must('exec', 'steady', '--', 'hostname'), 'steady');
  await host.wadah(['exec', 'steady', '--', 'poweroff']);
  await eventually(async () => {
    const { status } = await host.client.read('/1.0/instances/{name}', { params: { name: 'steady' } });
    assert.equal(status, 'Stopped');
  });
});

test('a reboot is carried out, and a power-off is none, whether the daemon is another one by then or away', async (t) => {
  const host = await testHost(t);
  await host.buildImage('busybox');
  for (const name of ['again', 'over', 'again-alone', 'over-alone'])
    await host.must('launch', 'busybox', name);
  await host.endDaemon('SIGKILL');
  await host.startDaemon();
  const [again, rebooting, ending] = [
    await host.initPid('again'),
    await host.initPid('again-alone'),
    await host.initPid('over-alone'),
  ];
  await host.wadah(['exec', 'again', '--', 'reboot', '-f']);
  await host.wadah(['exec', 'over', '--', 'poweroff', '-f']);
  await eventually(() => requireState(host, { again, over: undefined }));
  await host.endDaemon('SIGKILL');
  await endInit(rebooting, 'SIGTERM'); // what busybox's init reboots for
  await endInit(ending, 'SIGUSR2');
  await host.startDaemon();
  await eventually(() => requireState(host, { 'again-alone': rebooting, 'over-alone': undefined }));
});

/** Again and again: one that has only just begun does not listen yet. */
async function endInit(pid: number, signal: NodeJS.Signals): Promise<void> {
  const startTime = startTimeOf(pid) ?? '';
  await eventually(async () => {
    if (isAlive(pid, startTime)) process.kill(pid, signal);
    assert.ok(!isAlive(pid, startTime));
  });
}

/** Each runs, with another init than that; or does not run. */
async function requireState(host: TestHost, earlier: Record<string, number | undefined>): Promise<void> {
  for (const [name, pid] of Object.entries(earlier)) {
    const { status } = await host.client.read('/1.0/instances/{name}', { params: { name } });
    assert.equal(status, pid === undefined ? 'Stopped' : 'Running');
    if (pid !== undefined) assert.ok(![0, pid].includes(await host.initPid(name)));
  }
}

test('a graceful end of the daemon leaves instances running', async (t) => {
  const host = await testHost(t);
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'steady');
  const before = await host.initPid('steady');
  await host.endDaemon('SIGTERM');
  process.kill(before, 0);
  await host.startDaemon();
  assert.equal(await host.initPid('steady'), before);
});

test('a daemon killed in the middle of a launch leaves all of the instance or nothing', async (t) => {
  const host = await testHost(t);
  await host.buildImage('busybox');
  for (const [index, delayMs] of [5, 20, 40, 60, 90, 130].entries()) {
    const name = `torn${index}`;
    const launch = host.wadah(['launch', 'busybox', name]);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await host.endDaemon('SIGKILL');
    const { exitCode } = await launch;
    await host.startDaemon();
    const names = (await host.must('list', '--format', 'csv', '-c', 'n')).split('\n');
    if (exitCode === 0) assert.ok(names.includes(name), 'an acknowledged launch is there');
    if (names.includes(name)) await host.must('delete', '--force', name);
    await host.must('launch', 'busybox', name);
    await host.must('delete', '--force', name);
  }
});

test('what was written into a profile just before the daemon died reaches a running instance', async (t) => {
  const host = await testHost(t);
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'steady');
  await host.endDaemon('SIGKILL');
  const stores = await openStores(host.directory);
  const records = new ProfileRecords(stores.shared);
  const entry = await records.get('default', 'default');
  const config = { ...entry.value.config, 'limits.processes': '77' };
  assert.ok(await records.replace(entry, { ...entry.value, config }));
  await stores.close();
  await host.startDaemon();
  const find = ['-path', `*/wadah_${host.mark}/*/pids.max`, '-exec', 'cat', '{}', '+'];
  assert.match((await execa('find', [hierarchies(), ...find])).stdout, /^77$/m);
});

test('a second daemon on the same directory is refused', async (t) => {
  const host = await testHost(t);
  const second = await host.wadahd();
  assert.notEqual(second.exitCode, 0);
  assert.match(second.stderr, /already|another/i);
});

test('cleanup refuses while an instance runs, and says which', async (t) => {
  const host = await testHost(t);
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'busy');
  await host.endDaemon('SIGTERM');
  const cleanup = await host.wadahd('--cleanup');
  assert.notEqual(cleanup.exitCode, 0);
  assert.match(cleanup.stderr, /busy/);
});
