import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, onTestFinished, test } from 'vitest';
import { findProgram } from '#host/process/find-program.ts';
import { type Finding, checkAreas, checkStatuses, worstOf } from '#model/doctor.ts';
import type { KvmInfo } from '#model/kvm.ts';
import { testHost } from '../../harness/host.ts';
import { TestNetwork } from '../../harness/netns.ts';

const commandLine = join(import.meta.dirname, '../../../bin/wadah');

interface Document {
  by: string;
  status: string;
  findings: Finding[];
  fixed: string[];
  refused: string[];
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp('/tmp/wadah-doctor-');
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs `wadah doctor` where no daemon is, behind what comes before it on the command line. */
async function alone(before: readonly string[] = [], ...options: string[]) {
  const [program = '', ...args] = [...before, commandLine, 'doctor', '--format', 'json', ...options];
  const { stdout, stderr, exitCode } = await execa(program, args, {
    env: { WADAH_DIR: join(folder, 'none') },
    reject: false,
  });
  assert.notEqual(stdout, '', stderr);
  return { exitCode, found: JSON.parse(stdout) as Document };
}

/** What runs its arguments where `file` stands in the place of `target`: in a mount namespace of its own. */
const inPlaceOf = (target: string, file: string): string[] => [
  ...['unshare', '--mount', '--propagation', 'private', 'sh', '-ec'],
  ...['mount --bind "$1" "$2"; shift 2; exec "$@"', 'sh', file, target],
];

function findingOf({ findings }: Document, check: string): Finding {
  const found = findings.find((finding) => finding.check === check);
  assert.ok(found, `no finding of ${check}`);
  return found;
}

test('without a daemon the command line looks itself, and every finding is whole', async () => {
  const { found, exitCode } = await alone();
  assert.equal(found.by, 'command line');
  assert.equal(found.findings[0]?.check, 'daemon');
  for (const { area, status, what, meaning, remedy } of found.findings) {
    assert.ok(checkAreas.includes(area) && checkStatuses.includes(status) && what !== '');
    assert.equal(status === 'ok', meaning === '' && remedy === '', `${status}: ${what}`);
  }
  assert.equal(found.status, worstOf(found.findings));
  assert.equal(exitCode, found.status === 'problem' ? 10 : 0);
});

test('on a host on which the tests run nothing essential is wrong', async () => {
  const { found } = await alone();
  const essential = ['kernel', 'cgroups', 'ids', 'programs', 'network'];
  const problems = found.findings.filter(
    ({ area, status }) => status === 'problem' && essential.includes(area),
  );
  assert.deepEqual(problems, []);
});

test('what it says of KVM and of cgroups is what others find out', async () => {
  const { found } = await alone();
  const { stdout } = await execa(commandLine, ['kvm', 'info', '--format', 'json']);
  const { verdict } = (JSON.parse(stdout) as KvmInfo).verdict;
  assert.ok(findingOf(found, 'kvm').what.startsWith(`${verdict}: `));
  const isWholeV2 = / \/sys\/fs\/cgroup [^-]* - cgroup2 /.test(readFileSync('/proc/1/mountinfo', 'utf8'));
  assert.equal(findingOf(found, 'cgroup-layout').status, isWholeV2 ? 'ok' : 'note');
});

test('a program that is missing is a problem with the command that installs it', async () => {
  const { found, exitCode } = await alone(inPlaceOf(findProgram('nft'), '/dev/null'));
  const { status, what, remedy } = findingOf(found, 'nft');
  assert.deepEqual([status, remedy], ['problem', 'apt-get install nftables']);
  assert.equal(what, 'The program nft is not installed on this host');
  assert.match(findingOf(found, 'firewalls').what, /could not be found out: .*nft/);
  assert.equal(exitCode, 10);
});

test('--fix raises a limit, says so, and finds it well', async () => {
  const setting = join(folder, 'setting');
  await writeFile(setting, '128\n');
  const elsewhere = inPlaceOf('/proc/sys/fs/inotify/max_user_instances', setting);
  const before = findingOf((await alone(elsewhere)).found, 'fs.inotify.max_user_instances');
  assert.deepEqual([before.status, before.fixable], ['warning', true]);
  assert.equal(await readFile(setting, 'utf8'), '128\n', 'nothing is changed without --fix');
  const { found } = await alone(elsewhere, '--fix');
  assert.ok(found.fixed.includes('fs.inotify.max_user_instances: 128 → 65536'), found.fixed.join());
  assert.equal(findingOf(found, 'fs.inotify.max_user_instances').status, 'ok');
  assert.equal(await readFile(setting, 'utf8'), '65536');
});

test('a firewall in the way is found, and the command that it names helps', async () => {
  const network = await TestNetwork.make();
  onTestFinished(() => network.remove());
  const rules =
    'table inet guard { chain forward { type filter hook forward priority filter; policy drop; }; }';
  const inside = network.inside([]);
  assert.equal(findingOf((await alone(inside)).found, 'firewalls').status, 'ok');
  await execa('nsenter', [`--net=${network.path}`, 'nft', '-f', '-'], { input: rules });
  const { status, what, remedy } = findingOf((await alone(inside)).found, 'firewalls');
  assert.equal(status, 'warning');
  assert.match(what, /chain forward of table inet guard drops by default/);
  for (const command of remedy.split(' && ')) {
    const [program, ...args] = network.inside(command.split(' '));
    await execa(program, args);
  }
  assert.equal(findingOf((await alone(inside)).found, 'firewalls').status, 'ok');
});

test('where a daemon runs it is asked, and what it mends is told', async (t) => {
  const host = await testHost(t);
  const found = JSON.parse(await host.must('doctor', '--format', 'json')) as Document;
  assert.equal(found.by, 'daemon');
  assert.equal(findingOf(found, 'daemon').status, 'ok');
  const raised = found.findings.filter(({ area, fixable }) => area === 'limits' && fixable);
  assert.deepEqual(raised, [], 'a daemon has raised them when it started');
  const { stderr, exitCode } = await host.wadah(['doctor', '--fix']);
  assert.match(stderr, /nothing that --fix could mend|Changed until the next boot/);
  assert.equal(exitCode, 0);
});
