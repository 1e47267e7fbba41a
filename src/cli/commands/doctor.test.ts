import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeDaemon } from '#client/fake-daemon.ts';
import type { DoctorAnswer, DoctorReport, Finding } from '#model/doctor.ts';
import { goodFinding } from '#model/test-finding.ts';
import { runLine } from '../fake-surroundings.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wadah-doctor-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const nobody = { socket: '/nonexistent' };

const low: Finding = {
  check: 'kernel.pty.max',
  area: 'limits',
  status: 'warning',
  what: 'It is 10',
  meaning: 'No more terminals.',
  remedy: 'sysctl -w kernel.pty.max=16384',
  fixable: true,
};
const missing: Finding = { ...low, check: 'nft', area: 'programs', status: 'problem', fixable: false };

const report = (findings: Finding[], more: Partial<DoctorReport> = {}): DoctorReport => ({
  findings,
  fixed: [],
  refused: [],
  ...more,
});

/** A program in the doctor's place, which says first what it was asked. */
async function program(answer: DoctorAnswer): Promise<string> {
  const file = join(folder, 'doctor.mjs');
  const text = `process.stderr.write(process.argv[2]); console.log(${JSON.stringify(JSON.stringify(answer))});`;
  await writeFile(file, text);
  return file;
}

const asUser = (uid: number) => vi.spyOn(process, 'geteuid').mockReturnValue(uid);

test('a line for what is well, and for the rest what it costs and what helps', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/wadah/doctor', { metadata: report([low, goodFinding]) });
  const { status, out } = await runLine(daemon, ['doctor']);
  expect(status).toBe(0);
  expect(out).toBe(`daemon
  ok       daemon: It answers at ${daemon.socket}
limits
  warning  kernel.pty.max: It is 10
           No more terminals.
           What helps: sysctl -w kernel.pty.max=16384
network
  ok       ipv6: It is on

2 ok, 0 notes, 1 warning, 0 problems
wadah doctor --fix mends: kernel.pty.max
`);
});

test('a problem has an exit status of its own, which scripts can tell from a failure', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/wadah/doctor', { metadata: report([missing, goodFinding]) });
  expect((await runLine(daemon, ['doctor', '--quiet'])).status).toBe(10);
});

test('for programs it is one document, with the worst of all as its status', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/wadah/doctor', { metadata: report([low, goodFinding]) });
  const { out } = await runLine(daemon, ['doctor', '--format', 'json']);
  expect(JSON.parse(out)).toMatchObject({
    status: 'warning',
    by: 'daemon',
    findings: [{ check: 'daemon', status: 'ok' }, low, goodFinding],
    fixed: [],
    refused: [],
  });
});

test('as a table it has what helps beside what is so', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/wadah/doctor', { metadata: report([low]) });
  const { out } = await runLine(daemon, ['doctor', '--format', 'csv']);
  expect(out).toContain('warning,limits,kernel.pty.max,It is 10,sysctl -w kernel.pty.max=16384\n');
});

test('--fix says when there was nothing to mend', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/wadah/doctor', { metadata: report([missing]) });
  expect(await runLine(daemon, ['doctor', '--fix'])).toMatchObject({
    status: 10,
    err: 'There was nothing that --fix could mend.\n',
  });
});

test('--fix lists what was changed, and a refusal is a failure', async () => {
  await using daemon = await FakeDaemon.start();
  const fixed = ['kernel.pty.max: 10 → 16384'];
  daemon.on('POST /1.0/wadah/doctor', { metadata: report([goodFinding], { fixed }) });
  const all = await runLine(daemon, ['doctor', '--fix']);
  expect(all).toMatchObject({ status: 0, err: 'Changed until the next boot: kernel.pty.max: 10 → 16384\n' });
  daemon.on('POST /1.0/wadah/doctor', { metadata: report([low], { refused: ['It is 10: EROFS'] }) });
  const none = await runLine(daemon, ['doctor', '--fix']);
  expect(none).toMatchObject({ status: 1, err: 'Warning: Could not be mended: It is 10: EROFS\n' });
});

test('without a daemon a program of ours looks, and that nobody answers comes first', async () => {
  const doctor = await program({ type: 'report', report: report([goodFinding]) });
  const { status, out } = await runLine(nobody, ['doctor', '-f', 'json'], {
    doctor,
    env: { WADAH_DIR: folder },
  });
  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    by: 'command line',
    findings: [
      { check: 'daemon', status: 'warning', what: 'No daemon listens on /nonexistent' },
      goodFinding,
    ],
  });
});

test('a daemon of an older version is no reason to know nothing', async () => {
  await using daemon = await FakeDaemon.start();
  const doctor = await program({ type: 'report', report: report([goodFinding]) });
  expect((await runLine(daemon, ['doctor'], { doctor })).out).toContain('  ok       ipv6: It is on\n');
});

test('without a daemon only root may change the host', async () => {
  const doctor = await program({ type: 'report', report: report([goodFinding], { fixed: ['x: 1 → 2'] }) });
  asUser(1000);
  expect(await runLine(nobody, ['doctor', '--fix'], { doctor })).toMatchObject({
    status: 7,
    err: 'Error: Without a daemon only root may change this host\nHint: Run: sudo wadah doctor --fix\n',
  });
  asUser(0);
  expect((await runLine(nobody, ['doctor', '--fix'], { doctor })).err).toContain('x: 1 → 2');
});

test('a doctor that fails says so', async () => {
  const doctor = await program({ type: 'fault', code: 'host', message: 'No /proc here' });
  expect(await runLine(nobody, ['doctor'], { doctor })).toMatchObject({
    status: 1,
    err: 'Error: No /proc here\n',
  });
});
