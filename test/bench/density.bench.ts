import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { makeHost } from '../harness/host.ts';
import type { TestHost } from '../harness/host.ts';
import { duration, report, reportFigure, sample } from '../harness/measure.ts';

let host: TestHost;

beforeAll(async () => {
  host = await makeHost();
  await host.buildImage('busybox');
});
afterAll(() => host.remove());

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `b${index}`);

/** Resident and unshared memory of the daemon, in MiB. */
function daemonMemoryMib(): number {
  const text = readFileSync(`/proc/${host.daemonPid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) / 1024;
}

test('parallel work on 50 containers', async () => {
  reportFigure('daemon memory, idle', `${daemonMemoryMib().toFixed(0)} MiB`);
  const launched = await duration(() =>
    Promise.all(names(50).map((name) => host.must('launch', 'busybox', name))),
  );
  reportFigure('50 launches in parallel, each by a command of its own', `${launched.toFixed(0)} ms`);
  const execs = await duration(() =>
    Promise.all(names(50).map((name) => host.must('exec', name, '--', 'true'))),
  );
  reportFigure('50 execs in parallel, each by a command of its own', `${execs.toFixed(0)} ms`);
  report('list of 50 running, from the command line', await sample(10, () => host.must('list')));
  const request = { query: { recursion: 2 } } as const;
  report(
    'list of 50 running, request alone',
    await sample(20, () => host.client.read('/1.0/instances', request)),
  );
  report(
    'forced stop and delete, one after the other',
    await sample(20, (round) => host.must('delete', '--force', `b${round}`)),
  );
  await host.must('delete', '--force', ...names(50).slice(20));
});

test('1,000 stopped containers', async () => {
  const before = daemonMemoryMib();
  for (let first = 0; first < 1000; first += 20) {
    const batch = Array.from({ length: 20 }, (_, index) => `s${first + index}`);
    await Promise.all(batch.map((name) => host.must('create', 'busybox', name)));
  }
  report('list of 1,000 stopped, from the command line', await sample(10, () => host.must('list')));
  reportFigure(
    'daemon memory per stopped instance',
    `${(((daemonMemoryMib() - before) * 1024) / 1000).toFixed(1)} KiB`,
  );
  report('restart of the daemon with 1,000 instances', await sample(3, () => host.killAndRestartDaemon()));
});
