import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { finishOperation } from '#client/operations.ts';
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
import { Stage } from './stage.ts';
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

/** What each program that a launch needs typically says when it fails, and its exit status then. */
const launchPrograms: [program: string, type: InstanceType, says: string, status: number][] = [
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
];

const eachWay = ([program, type, says, status]: (typeof launchPrograms)[number]) =>
  [
    [program, 'fails', type, { says, status }],
    [program, 'is killed', type, 'is killed'],
    [program, 'hangs', type, 'hangs'],
  ] satisfies [string, string, InstanceType, Misbehaviour][];

/** That of the first virtual machine makes the image's disk, which is given all the time that it takes. */
const launches = launchPrograms
  .flatMap(eachWay)
  .filter(([program, , , misbehaviour]) => program !== 'mke2fs' || misbehaviour !== 'hangs');

describe('a launch is refused with words and leaves nothing, and the next one succeeds, when', () => {
  test.each(launches)('%s %s (%s)', options, async (program, _, type, misbehaviour) => {
    const stage = stageOf(type);
    await stage.bring('absent');
    if (program === 'mke2fs') await forgetDisk();
    await standIns.replace(program, misbehaviour);
    const fault = await faultOf(stage.create({ start: true }));
    await standIns.restore();
    requireWords(fault.message, program, misbehaviour);
    assert.equal(await stage.condition(), 'absent');
    await audit(host);
    await stage.create({ start: true });
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

/** What the daemon itself needs, as soon as it starts. */
const startPrograms: typeof launchPrograms = [
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

const optional: typeof launchPrograms = [
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

/** Where another word says it better than the program's name. */
const words: Record<string, RegExp> = {
  mke2fs: /the disk of image/,
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
