import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { startTimeOf } from '#host/process/proc.ts';
import { databaseFile } from '#store/embedded/database-folder.ts';
import { listSnapshots, snapshotsFolder, storeFolder, type StoreName } from '#store/snapshot-files.ts';
import { eventually, type TestHost } from '../../harness/host.ts';
import { makeHostWithImages } from '../../harness/images.ts';

let host: TestHost;

beforeAll(async () => {
  host = await makeHostWithImages('busybox');
});
afterAll(() => host.remove());

/** Leaves one snapshot, of what is so now: a daemon without one takes it at its start. */
async function takeSnapshot(): Promise<void> {
  await host.endDaemon('SIGTERM');
  await rm(snapshotsFolder(host.directory), { recursive: true });
  await host.startDaemon();
  await eventually(async () => assert.equal((await listSnapshots(host.directory)).length, 1));
}

/** Changes one bit of a document whose text has `words`. */
async function flipABit(store: StoreName, words: string): Promise<void> {
  const file = databaseFile(storeFolder(host.directory, store));
  const bytes = await readFile(file);
  for (let at = bytes.indexOf(words); at >= 0; at = bytes.indexOf(words, at + 1)) {
    bytes[at] = (bytes[at] ?? 0) ^ 1; // in the pages of commits before as well
  }
  await writeFile(file, bytes);
}

const names = () => host.must('list', '--format', 'csv', '-c', 'n');

test('a flipped bit is noticed; the snapshot comes back, what runs is taken over, the unknown is told and kept', async () => {
  await host.must('launch', 'busybox', 'known');
  await takeSnapshot();
  await host.must('launch', 'busybox', 'later');
  await host.must('exec', 'later', '--', 'touch', '/precious');
  const [known, later] = [await host.initPid('known'), await host.initPid('later')];
  await host.endDaemon('SIGKILL');

  await flipABit('shared', 'later');
  await flipABit('node', 'startTime');
  const refused = await host.wadahd();
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /Error: The store's file ".*shared\/data\.mdb" is damaged: its content/);
  assert.match(refused.stderr, /Hint: .*wadahd --restore-store/);

  const restored = await host.wadahd('--restore-store');
  assert.equal(restored.exitCode, 0, restored.stderr);
  assert.match(restored.stdout, /The shared store is as it was .*\nThe node store is as it was/);
  await host.startDaemon();
  assert.equal(await names(), 'known');
  assert.equal(await host.initPid('known'), known);
  assert.equal(await host.must('exec', 'known', '--', 'hostname'), 'known');
  const log = await host.daemonLog();
  assert.match(
    log,
    new RegExp(`"pid":${later},.*A running instance, which the restored store does not know`),
  );
  assert.match(log, /A disk, which the restored store does not know, is left as it is/);
  assert.notEqual(startTimeOf(later), undefined);

  const id = /"id":"([0-9a-f]{8})".*A disk, which/.exec(log)?.[1] ?? '';
  process.kill(later, 'SIGKILL');
  await eventually(async () => assert.equal(startTimeOf(later), undefined));
  await host.killAndRestartDaemon();
  await readFile(path.join(host.directory, 'pool/roots', id, 'upper/precious'));
});

test('a run that the snapshot does not know is found by its processes', async () => {
  await host.must('stop', '--force', 'known');
  await takeSnapshot();
  await host.must('start', 'known');
  const pid = await host.initPid('known');
  await host.endDaemon('SIGKILL');
  await rm(databaseFile(storeFolder(host.directory, 'node')));
  const refused = await host.wadahd();
  assert.match(refused.stderr, /Error: The node store is gone, but snapshot \S+ has it/);
  await host.wadahd('--restore-store');
  await host.startDaemon();
  assert.equal(await host.initPid('known'), pid);
  await host.must('stop', 'known');
  assert.equal(startTimeOf(pid), undefined);
});
