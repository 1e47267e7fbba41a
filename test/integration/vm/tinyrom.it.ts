import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import type { EngineEvent, ExecSession, RunPlan } from '#engine/engine.ts';
import { sleep } from '#base/wait.ts';
import { emulation } from '#engine/vm/acceleration.ts';
import { QemuEngine } from '#engine/vm/qemu-engine.ts';
import { probeQemuCpu } from '#host/kvm/qemu-probe.ts';
import { readMounts } from '#host/mount/mountinfo.ts';
import { findLinkIndex } from '#host/sys/netlink.ts';
import { eventually } from '../../harness/host.ts';
import { noAccess, TestVms } from './test-vms.ts';

const id = '0123abcd';
const never = new AbortController().signal;
let vms: TestVms;
let engine: QemuEngine;
let plan: RunPlan;
let events: EngineEvent[] = [];

beforeAll(async () => {
  vms = await TestVms.open({ boots: 'tinyrom' });
  await use();
  plan = await vms.plan(id);
});
afterEach(async () => {
  await engine.destroy(id);
  assert.deepEqual(traces(), []);
  await vms.checkDisk(plan);
  vms.accelerator = emulation;
  events = [];
});
afterAll(() => vms.close(engine));

async function use(): Promise<void> {
  engine = await vms.engine();
  engine.onEvent((event) => events.push(event));
}

/** Everything on the host that bears the machine's id. */
function traces(): string[] {
  const { run, cgroups } = vms.host;
  const { group, v1 } = cgroups.folders(id);
  const folders = [group, ...Object.values(v1), path.join(run, 'instances', id)];
  const mounts = readMounts().filter(({ target }) => target.includes(id));
  const links = plan.nics.filter(({ hostName }) => findLinkIndex(hostName) !== undefined);
  return [
    ...folders.filter((folder) => existsSync(folder)),
    ...mounts.map(({ target }) => target),
    ...links.map(({ hostName }) => hostName),
  ];
}

const start = () => engine.start(plan, never);
const printed = (wanted: RegExp) =>
  eventually(async () => assert.match(await engine.consoleLog(id), wanted), 30_000);
const look = () => engine.console(id, { columns: 80, rows: 24 }, never);
const exits = () => events.filter((event) => event.kind === 'exited');

/** Types at the console and waits until it shows something. */
async function type(session: ExecSession, keys: string, shows: RegExp): Promise<string> {
  let seen = '';
  return new Promise((resolve) => {
    session.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      if (shows.test(seen)) resolve(seen);
    });
    session.stdin.write(keys);
  });
}

test('a machine runs its firmware, which talks on the serial console, logged while nobody looks', async () => {
  const handle = await start();
  assert.ok(handle.pid > 0);
  await printed(/ring3 READY/);
});

test('the console can be typed at, by one viewer at a time', async () => {
  await start();
  await printed(/READY/);
  const session = await look();
  await assert.rejects(look(), { code: 'busy' });
  await type(session, 'x', /x/);
  session.stdin.destroy();
  await session.exited;
  const next = await look();
  await type(next, 'y', /y/);
  next.signal(1);
  assert.equal(await next.exited, 0);
});

test('a QEMU that is killed from outside has crashed', async () => {
  const { pid } = await start();
  process.kill(pid, 'SIGKILL');
  await eventually(async () => assert.equal(exits().length, 1));
  const detail = 'QEMU was killed by SIGKILL';
  assert.deepEqual(exits()[0], { kind: 'exited', id, pid, exit: { reason: 'crashed', detail } });
  assert.equal(await engine.usage(id), undefined);
});

test('a paused guest stands still and goes on where it was', async () => {
  await start();
  await printed(/READY/);
  await engine.pause(id);
  const session = await look();
  session.stdin.write('z');
  const before = (await engine.usage(id))?.cpuNanoseconds;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const spent = Number(((await engine.usage(id))?.cpuNanoseconds ?? 0n) - (before ?? 0n));
  assert.ok(spent < 50e6, `it used ${spent} ns while it was paused`);
  const shown = type(session, '', /z/);
  await engine.resume(id);
  await shown;
});

test('a guest that gets no time is killed, and its disk is whole', async () => {
  await start();
  assert.equal((await engine.stop(id, 0, never)).reason, 'killed');
  assert.deepEqual(exits(), []);
});

test('a guest that does not listen is killed when its time is over', async () => {
  await start();
  await printed(/READY/);
  assert.equal((await engine.stop(id, 100, never)).reason, 'killed');
});

test('the next daemon takes over what runs, or is paused, and hears of its end', async () => {
  const handle = await start();
  await printed(/READY/);
  await engine.close();
  await use();
  assert.deepEqual(await engine.recover(plan, handle), { state: 'running' });
  await engine.pause(id);
  await engine.close();
  await use();
  assert.deepEqual(await engine.recover(plan, handle), { state: 'paused' });
  await engine.resume(id);
  process.kill(handle.pid, 'SIGTERM');
  await eventually(async () => assert.equal(exits().length, 1));
  const exit = { reason: 'crashed', detail: 'QEMU was told to end by a signal from the host' };
  assert.deepEqual(exits()[0], { kind: 'exited', id, pid: handle.pid, exit });
  assert.deepEqual(await engine.recover(plan, handle), { state: 'gone' });
});

test('QEMU is a user of its own, without capabilities, filtered, and sees nothing of the host', async () => {
  const { pid } = await start();
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const ids = Array.from({ length: 4 }, () => String(plan.idRange?.base)).join('\t');
  assert.equal(of('Uid'), ids);
  assert.equal(of('Gid'), ids);
  assert.equal(of('Groups').trim(), '');
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(of(set), /^0+$/, set);
  assert.equal(of('NoNewPrivs'), '1');
  assert.equal(of('Seccomp'), '2');
  for (const kind of ['mnt', 'net', 'ipc', 'uts']) {
    const namespace = (who: string) => readlinkSync(`/proc/${who}/ns/${kind}`);
    assert.notEqual(namespace(String(pid)), namespace('self'), kind);
  }
  const seen = readdirSync(`/proc/${pid}/root/`);
  for (const folder of ['home', 'root', 'run', 'var', 'tmp', 'sys'])
    assert.ok(!seen.includes(folder), folder);
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
  assert.doesNotMatch(mounts, new RegExp(vms.host.run));
});

test('its groups bound what QEMU may use, and count it', async () => {
  const handle = await start();
  await printed(/READY/);
  const usage = await engine.usage(id);
  assert.equal(usage?.pid, handle.pid);
  assert.ok(usage.memoryBytes > 2 ** 20);
  assert.equal(usage.processes, undefined, 'QEMU’s threads are no processes of the guest’s');
  const { hostName, isUp } = usage.network['eth0'] ?? {};
  assert.deepEqual([hostName, isUp], ['wdvm1', true]);
});

test('a disk grows while the guest runs, and never shrinks', async () => {
  await start();
  const { root } = plan;
  if (root.kind !== 'disk') throw new Error('a disk');
  const grown = (sizeBytes: number) => engine.update({ ...plan, root: { ...root, sizeBytes } });
  await grown(128 * 2 ** 20);
  await assert.rejects(grown(96 * 2 ** 20), { code: 'invalid' });
  await engine.stop(id, 0, never);
  const { stdout } = await vms.host.programs.run(['qemu-img', 'info', '--output=json', root.path]);
  assert.equal(JSON.parse(stdout)['virtual-size'], 128 * 2 ** 20);
});

test('a second QEMU on the same disk is refused with words', async () => {
  await start();
  const other = { ...plan, id: '0123abce', name: 'other', nics: [] };
  await assert.rejects(engine.start(other, never), {
    code: 'busy',
    message: 'The disk of "other" is in use by another QEMU',
  });
});

test('what is missing is named', async () => {
  const boot = { kernel: '/missing/kernel', initrd: undefined, commandLine: '' };
  await assert.rejects(engine.start({ ...plan, boot }, never), {
    code: 'not-found',
    message: 'The kernel of "guest1" is missing: there is no /missing/kernel',
  });
});

test('a start that is cancelled leaves nothing in the way of the next', async () => {
  await assert.rejects(engine.start(plan, AbortSignal.abort()));
  const late = new AbortController();
  const starting = engine.start(plan, late.signal);
  setImmediate(() => late.abort());
  await assert.rejects(starting);
  await start();
});

test('whole machines run under KVM as far as this host can (kvm)', async (t) => {
  const { model } = await probeQemuCpu(vms.host.programs, vms.host.run);
  if (model === undefined) t.skip('no QEMU runs a guest under KVM here');
  vms.accelerator = { accel: 'kvm', cpu: model ?? '' };
  const { pid } = await start();
  await printed(/ring3 READY/);
  assert.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /-accel\0kvm\0/);
  await engine.pause(id);
  await engine.resume(id);
  const session = await look();
  await type(session, 'k', /k/);
});

test('a guest that meets an instruction that KVM cannot carry out has crashed, and says at which (kvm)', async (t) => {
  if (!existsSync('/sys/module/kvm_pvm')) t.skip('KVM carries out every instruction here');
  const rom = Buffer.alloc(2 ** 16, 0xf4); // hlt
  rom.set([0xd9, 0xe8]); // fld1: floating point, which KVM's emulator hardly knows
  rom.set([0xea, 0x00, 0x00, 0x00, 0xf0], 0xfff0); // where a processor begins: jump to the start of this ROM
  const firmware = path.join(vms.folder, 'fld1.bin');
  await writeFile(firmware, rom);
  const acceleration = { choose: async () => ({ accel: 'kvm', cpu: 'qemu64' }) as const };
  const other = new QemuEngine({ ...vms.host, firmware, acceleration, guestAccess: noAccess });
  const exit = new Promise<EngineEvent>((resolve) => other.onEvent(resolve));
  await other.start(plan, never);
  const event = await Promise.race([exit, sleep(30_000).then(() => assert.fail('it went on'))]);
  assert.equal(event.kind === 'exited' && event.exit.reason, 'crashed');
  assert.match(event.kind === 'exited' ? event.exit.detail : '', /KVM internal error.*Code=.*<d9> e8/);
  await other.destroy(id);
});
