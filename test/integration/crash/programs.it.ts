import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { finishOperation } from '#client/operations.ts';
import { findProgram } from '#host/process/find-program.ts';
import { Fault, isFault } from '#model/fault.ts';
import type { InstanceType } from '#model/instance.ts';
import { audit } from '../../harness/audit.ts';
import { v2GroupOf } from '../../harness/audit/processes.ts';
import { eventually } from '../../harness/host.ts';
import { idleGuest } from '../../harness/idle-guest.ts';
import { cachedImage } from '../../harness/images.ts';
import { makeMortalHost } from '../../harness/mortal-host.ts';
import type { MortalHost } from '../../harness/mortal-host.ts';
import { type Misbehaviour, StandIns } from '../../harness/stand-ins.ts';
import { type Needs, Stage } from './stage.ts';
import { walkMs } from './walk.ts';

let host: MortalHost;
let standIns: StandIns;

beforeAll(async () => {
  host = await makeMortalHost('busybox', idleGuest);
  host.makeImpatient();
  await host.killAndRestartDaemon();
  standIns = await StandIns.open(host);
});
afterEach(async () => {
  await standIns.restore();
  if (!host.hasDaemon) await host.startDaemon();
});
afterAll(async () => {
  await standIns.close();
  await host.remove();
});

const options = { timeout: walkMs };

const stageOf = (type: InstanceType): Stage =>
  new Stage(host, { type, image: type === 'container' ? 'busybox' : idleGuest.name });

/** What a program typically says when it fails, its exit status then, and what makes a launch need it. */
type Case = [program: string, type: InstanceType, says: string, status: number, needs?: Needs];

const sized = { devices: { root: { type: 'disk', path: '/', size: '64MiB' } } };
const limited = { devices: { eth0: { type: 'nic', 'limits.ingress': '10Mbit' } } };

/** What each program that a launch needs says. */
const launchPrograms: Case[] = [
  ['crun', 'container', 'creating cgroup directory: Permission denied', 1],
  ['unshare', 'container', 'unshare failed: No space left on device', 1],
  ['nft', 'container', 'Error: Could not process rule: Operation not permitted', 1],
  [
    'mke2fs',
    'virtual-machine',
    'Could not allocate block in ext2 filesystem while populating file system',
    1,
  ],
  ['qemu-img', 'virtual-machine', 'Could not create file: No space left on device', 1],
  ['setpriv', 'virtual-machine', 'setresuid failed: Operation not permitted', 127],
  ['qemu-system-x86_64', 'virtual-machine', 'cannot set up guest memory: Cannot allocate memory', 1],
  ['du', 'virtual-machine', 'cannot read directory: Input/output error', 1],
  ['mke2fs', 'container', 'Device size reported to be zero', 1, sized],
  ['mount', 'container', 'failed to setup loop device', 32, sized],
  ['cp', 'container', 'error writing: Input/output error', 1, sized],
  ['tc', 'container', 'RTNETLINK answers: Operation not supported', 2, limited],
];

/** They work on disks, and are given all the time that it takes. */
const unhurried = ['mke2fs', 'du', 'mount', 'cp'];

type Way = [program: string, way: string, type: InstanceType, misbehaviour: Misbehaviour, needs: Needs];

const eachWay = ([program, type, says, status, needs = {}]: Case): Way[] => [
  [program, 'fails', type, { says, status }, needs],
  [program, 'is killed', type, 'is killed', needs],
  [program, 'hangs', type, 'hangs', needs],
];

const launches = launchPrograms
  .flatMap(eachWay)
  .filter(([program, , , misbehaviour]) => !unhurried.includes(program) || misbehaviour !== 'hangs');

describe('a launch is refused with words and leaves nothing, and the next one succeeds, when', () => {
  test.each(launches)('%s %s (%s)', options, async (program, _, type, misbehaviour, needs) => {
    const stage = stageOf(type);
    await stage.bring('absent');
    if (type === 'virtual-machine') await forgetDisk();
    await standIns.replace(program, misbehaviour);
    const fault = await faultOf(stage.create({ start: true, ...needs }));
    await standIns.restore();
    requireWords(fault.message, program, misbehaviour);
    assert.equal(await stage.condition(), 'absent');
    await audit(host);
    await stage.create({ start: true, ...needs });
    await audit(host);
    await stage.bring('absent');
  });
});

test('a launch whose mke2fs hangs is cancelled, and the next one succeeds', options, async () => {
  const stage = stageOf('virtual-machine');
  await stage.bring('absent');
  await forgetDisk();
  await standIns.replace('mke2fs', 'hangs');
  const body = { name: stage.name, type: stage.type, source: { type: 'image', alias: idleGuest.name } };
  const begun = await host.client.begin('POST', '/1.0/instances', { body });
  await host.client.send('DELETE', '/1.0/operations/{id}', { params: { id: begun.id } });
  assert.equal((await faultOf(finishOperation(host.client, begun))).code, 'cancelled');
  await standIns.restore();
  await audit(host);
  await stage.create({ start: true });
  await audit(host);
  await stage.bring('absent');
});

test('a delete whose rm fails says so, and the next one succeeds', options, async () => {
  const stage = stageOf('container');
  await stage.bring('stopped');
  const misbehaviour = { says: 'cannot remove: Input/output error', status: 1 };
  await standIns.replace('rm', misbehaviour);
  requireWords((await faultOf(stage.delete())).message, 'rm', misbehaviour);
  await standIns.restore();
  await stage.delete();
  // What rm has left goes at the daemon's next start.
  await host.killAndRestartDaemon();
  await audit(host);
});

/** What a container needs whose root disk is to be larger at its next start. */
const growPrograms: Case[] = [
  ['e2fsck', 'container', 'UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY', 4],
  ['resize2fs', 'container', 'Input/output error while trying to resize', 1],
];

describe('a container does not start and says why, and the next start succeeds with a larger disk, when', () => {
  const cases = growPrograms.flatMap(eachWay).filter(([, way]) => way !== 'hangs');
  test.each(cases)('%s %s', options, async (program, _, type, misbehaviour) => {
    const stage = stageOf(type);
    await stage.bring('absent');
    await stage.create({ start: true, ...sized });
    await stage.bring('stopped');
    await host.must('config', 'device', 'set', stage.name, 'root', 'size=128MiB');
    await standIns.replace(program, misbehaviour);
    requireWords((await faultOf(stage.change('start'))).message, program, misbehaviour);
    await standIns.restore();
    assert.equal(await stage.condition(), 'stopped');
    await stage.change('start');
    await audit(host);
    await stage.bring('absent');
  });
});

const changePrograms: Case[] = [
  ['nsenter', 'container', 'reassociate to namespaces failed: Operation not permitted', 1],
];

describe('a live change is refused with words and leaves nothing, and the next one succeeds, when', () => {
  test.each(changePrograms.flatMap(eachWay))('%s %s', options, async (program, _, type, misbehaviour) => {
    const stage = stageOf(type);
    await stage.bring('absent');
    await stage.create({ start: true });
    const change = ['config', 'set', stage.name, 'linux.sysctl.net.ipv4.ip_default_ttl=99'];
    await standIns.replace(program, misbehaviour);
    const { exitCode, stderr } = await host.wadah(change);
    await standIns.restore();
    assert.notEqual(exitCode, 0);
    requireWords(stderr, program, misbehaviour);
    assert.ok(!('linux.sysctl.net.ipv4.ip_default_ttl' in (await stage.read()).config));
    await host.must(...change);
    await audit(host);
    await stage.bring('absent');
  });
});

test('an image whose sync fails is refused with words, and the next build succeeds', options, async () => {
  const misbehaviour = { says: 'error syncing: Input/output error', status: 1 };
  await stageOf('container').bring('absent');
  await host.must('image', 'delete', 'busybox');
  await standIns.replace('sync', misbehaviour);
  const { exitCode, stderr } = await host.wadah(['image', 'build', 'busybox']);
  assert.notEqual(exitCode, 0);
  requireWords(stderr, 'sync', misbehaviour);
  await standIns.restore();
  await audit(host);
  await host.buildImage('busybox');
  await audit(host);
});

/** What the daemon itself needs, as soon as it starts. */
const startPrograms: Case[] = [
  ['ip', 'container', 'RTNETLINK answers: Operation not permitted', 2],
  ['nft', 'container', 'Error: Could not process rule: Operation not permitted', 1],
  ['dnsmasq', 'container', 'cannot create network socket: Permission denied', 2],
];

describe('the daemon does not start and says why, instances go on, and the next start succeeds, when', () => {
  test.each(startPrograms.flatMap(eachWay))('%s %s', options, async (program, _, type, misbehaviour) => {
    const stage = stageOf(type);
    await stage.bring('running');
    await host.endDaemon('SIGKILL');
    if (program === 'dnsmasq') await endServant('dnsmasq');
    await standIns.replace(program, misbehaviour);
    const before = (await host.daemonLog()).length;
    host.launchDaemon();
    await host.died();
    await standIns.restore();
    const said = (await host.daemonLog()).slice(before);
    const error = said.slice(said.indexOf('Error: '));
    requireWords(error, program, misbehaviour);
    assert.doesNotMatch(error, /^\s+at /m, 'it is no bug');
    await host.startDaemon();
    assert.equal(await stage.pid(), stage.pidBefore);
    await audit(host);
  });
});

const optional: Case[] = [
  ['lxcfs', 'container', 'fuse: device not found, try modprobe fuse first', 1],
  ['qemu-system-x86_64', 'container', 'error while loading shared libraries: libpixman-1.so.0', 127],
];

describe('the daemon starts and serves containers, and mends itself at its next start, when', () => {
  test.each(optional.flatMap(eachWay))('%s %s', options, async (program, _, type, misbehaviour) => {
    const stage = stageOf(type);
    await stage.bring('absent');
    await host.endDaemon('SIGKILL');
    if (program === 'lxcfs') await endServant('lxcfs');
    await standIns.replace(program, misbehaviour);
    const before = (await host.daemonLog()).length;
    await host.startDaemon();
    await stage.create({ start: true });
    await stage.bring('absent');
    assert.match((await host.daemonLog()).slice(before), new RegExp(program));
    await standIns.restore();
    await host.killAndRestartDaemon();
    await audit(host);
  });
});

/** Programs that misbehave elsewhere, or cannot alone. */
const elsewhere: Record<string, string> = {
  'apt-config': 'asked before mmdebstrap, which bootstrap.it.ts lets misbehave',
  'apt-get': 'asked before mmdebstrap',
  busybox: 'the recipe busybox copies it; what it cannot do, no image can',
  cat: 'tells a setting of the kernel, run by unshare',
  depmod: 'after mmdebstrap, in the same step of a build',
  'dpkg-deb': 'after mmdebstrap, in the same step of a build',
  find: 'after mmdebstrap, in the same step of a build',
  losetup: 'test/integration/limits/root-size.it.ts: a disk that cannot grow while it is in use',
  mmdebstrap: 'bootstrap.it.ts',
  modprobe: 'for doctor --fix alone, which tells what it could not mend',
  pivot_root: 'in the shell that becomes QEMU, as setpriv is',
  rm: 'a delete whose rm fails',
  sh: 'without it nothing is',
  sync: 'an image whose sync fails',
  umount: 'in the shell that becomes QEMU, as setpriv is',
  zstd: 'looked for by doctor; mmdebstrap runs it',
};

test('every program that the daemon starts misbehaves in a test, or it is said why not', async () => {
  const cases = [...launchPrograms, ...changePrograms, ...growPrograms, ...startPrograms, ...optional];
  const named = new Set([...cases.map(([program]) => program), ...Object.keys(elsewhere)]);
  const missing = (await programsInSources()).filter((program) => !named.has(program));
  assert.deepEqual(missing, []);
});

/** First words of lists in the sources of the daemon that are programs of this host. */
async function programsInSources(): Promise<string[]> {
  const sources = path.join(import.meta.dirname, '../../../src');
  const files = await readdir(sources, { recursive: true });
  const isOfDaemon = (file: string): boolean =>
    /^(daemon|engine|host|image|service|store)\/.*\.ts$/.test(file) && !/\.(test|gen)\.ts$|\/fake/.test(file);
  const texts = await Promise.all(
    files.filter(isOfDaemon).map((file) => readFile(path.join(sources, file), 'utf8')),
  );
  const words = texts.flatMap((text) => [
    ...text.matchAll(/(?:\[|findProgram\(|ask\()\s*'([a-z][a-z0-9_.-]*)'/g),
  ]);
  return [...new Set(words.map(([, word = '']) => word))].filter(isProgram).sort();
}

/** Words of other lists that happen to be names of programs. */
const notPrograms = ['cpuinfo', 'false', 'file', 'kvm', 'link', 'size', 'true'];

function isProgram(word: string): boolean {
  if (notPrograms.includes(word)) return false;
  try {
    return findProgram(word) !== '';
  } catch {
    return false;
  }
}

/** Where another word says it better than the program's name. */
const words: Record<string, RegExp> = {
  mke2fs: /the disk of image|a root disk/,
  du: /the disk of image/,
  mount: /a root disk/,
  cp: /a root disk/,
  setpriv: /QEMU/,
  'qemu-system-x86_64': /QEMU/,
};

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (isFault(error)) return error;
  throw error;
}

/** Whoever reads them knows which program it was and what was wrong with it. */
function requireWords(text: string, program: string, misbehaviour: Misbehaviour): void {
  process.stdout.write(`PROGRAM ${program}: ${text.trim().split('\n')[0]}\n`);
  assert.match(text, words[program] ?? new RegExp(program));
  if (typeof misbehaviour === 'object') assert.ok(text.includes(misbehaviour.says), text);
  if (misbehaviour === 'is killed') assert.match(text, /SIGKILL|was killed|Killed/);
  if (misbehaviour === 'hangs') assert.match(text, /not done after|within/);
}

/** The image's disk is made again by the next launch. */
async function forgetDisk(): Promise<void> {
  const { fingerprint } = await cachedImage(idleGuest);
  await rm(path.join(host.directory, 'pool/images', fingerprint, 'disk'), { force: true });
}

/** Ends what outlives the daemon, so that the next one starts it. */
async function endServant(name: string): Promise<void> {
  const group = v2GroupOf(host, name);
  await writeFile(path.join(group, 'cgroup.kill'), '1');
  await eventually(async () => assert.equal(await readFile(path.join(group, 'cgroup.procs'), 'utf8'), ''));
}
