import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, test } from 'vitest';
import type { EngineEvent, ExecRequest, RunHandle, RunPlan } from '#engine/engine.ts';
import { sshGuestAccess } from '#engine/vm/guest/ssh-guest-access.ts';
import { execRequest, runInside } from '#engine/test-exec.ts';
import type { QemuEngine } from '#engine/vm/qemu-engine.ts';
import { bootId, startTimeOf } from '#host/process/proc.ts';
import { isFault } from '#model/fault.ts';
import { eventually } from '../../harness/host.ts';
import { makeNanoGuest } from '../../harness/nano.ts';
import { TestVms } from './test-vms.ts';

const id = '0123abcd';
const never = new AbortController().signal;
let folder: string;
let vms: TestVms;
let engine: QemuEngine;
let plan: RunPlan;
const events: EngineEvent[] = [];

beforeAll(async () => {
  // Before this process has a network of its own: the image may have to be built.
  folder = await mkdtemp('/var/tmp/wadah-guest-');
  const boot = await makeNanoGuest(folder);
  vms = await TestVms.open();
  engine = await vms.engine(sshGuestAccess);
  engine.onEvent((event) => events.push(event));
  plan = { ...(await vms.plan(id, { config: { 'limits.memory': '256MiB' } })), boot };
  await engine.start(plan, never);
});
afterAll(async () => {
  await vms.close(engine, id);
  await rm(folder, { recursive: true });
});

/** Runs a program to its end. */
const run = (command: string[], over: Partial<ExecRequest> = {}, input: string | Buffer = '') =>
  runInside(engine, id, execRequest(command, over), input);
const sh = (script: string) => run(['sh', '-c', script]);
const processes = async (wanted: RegExp): Promise<number> =>
  (await run(['ps'])).stdout.split('\n').filter((line) => wanted.test(line)).length;
const bootOf = async (): Promise<string> => (await sh('cat /proc/sys/kernel/random/boot_id')).stdout;

test('a program asked for while the guest still boots runs as soon as it can, and the guest is ready', async () => {
  assert.deepEqual(await run(['hostname']), { stdout: 'nano\n', stderr: '', status: 0 });
  await eventually(async () => assert.ok(events.some(({ kind }) => kind === 'ready')));
});

test('its streams are apart, and its status is its own', async () => {
  const { stdout, stderr, status } = await sh('echo out; echo err >&2; exit 7');
  assert.deepEqual([stdout, stderr, status], ['out\n', 'err\n', 7]);
});

test('a program killed by a signal, and one that ends with 127 itself, are told from one that is not there', async () => {
  assert.equal((await sh('kill -KILL $$')).status, 137);
  assert.equal((await sh('exit 127')).status, 127);
  await assert.rejects(run(['no-such-program']), (error) => isFault(error, 'not-found'));
  await assert.rejects(run(['/etc/passwd']), (error) => isFault(error, 'invalid'));
  await assert.rejects(run(['true'], { cwd: '/no/such' }), (error) => isFault(error, 'invalid'));
});

test('much goes in and out unchanged', async () => {
  const bytes = Buffer.alloc(3_000_000, 'a line of text, and some more\n');
  const session = await engine.exec(id, execRequest(['cat']), never);
  session.stderr?.resume();
  session.stdin.end(bytes);
  const [back] = await Promise.all([session.stdout.toArray() as Promise<Buffer[]>, session.exited]);
  assert.ok(Buffer.concat(back).equals(bytes));
});

test('a slow reader gets everything that was written', async () => {
  const script = 'yes | head -c 1000000; yes | head -c 100000 >&2';
  const session = await engine.exec(id, execRequest(['sh', '-c', script]), never);
  await new Promise((resolve) => setTimeout(resolve, 3000)); // longer than the end of a program is waited for
  assert.ok(session.stderr);
  const sizes = [session.stdout, session.stderr].map(async (stream) => (await text(stream)).length);
  assert.deepEqual(await Promise.all(sizes), [1_000_000, 100_000]);
  assert.equal(await session.exited, 0);
});

test('a program whose output nobody wants any more can end', async () => {
  const session = await engine.exec(id, execRequest(['sh', '-c', 'yes | head -c 9000000']), never);
  session.stdout.destroy();
  session.stderr?.resume();
  assert.equal(await session.exited, 0);
});

test('many programs run at once', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, (_, n) => sh(`sleep 0.2; echo ${n}`)));
  assert.deepEqual(
    all.map(({ stdout }) => Number(stdout)),
    Array.from({ length: 20 }, (_, n) => n),
  );
});

test('a terminal has its size, learns of a new one, and passes signals on', async () => {
  const script = 'trap "stty size" WINCH; stty size; while :; do sleep 0.1; done';
  const terminal = { columns: 91, rows: 33 };
  const session = await engine.exec(id, execRequest(['sh', '-c', script], { terminal }), never);
  assert.equal(session.stderr, undefined);
  let shown = '';
  session.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  await eventually(async () => assert.match(shown, /33 91/));
  session.resize({ columns: 111, rows: 44 });
  await eventually(async () => assert.match(shown, /44 111/));
  session.signal(15);
  assert.equal(await session.exited, 143);
});

test('what is cancelled is killed with all that it started', async () => {
  const cancel = new AbortController();
  const session = await engine.exec(
    id,
    execRequest(['sh', '-c', 'sleep 4321 & sleep 4321; true']),
    cancel.signal,
  );
  session.stdout.resume();
  session.stderr?.resume();
  await eventually(async () => assert.equal(await processes(/sleep 4321/), 3));
  cancel.abort();
  assert.equal(await session.exited, 137);
  await eventually(async () => assert.equal(await processes(/sleep 4321/), 0));
});

test('a service that was started outlives the program, which ends all the same', async () => {
  const { stdout, status } = await sh('sleep 1234 & echo started');
  assert.deepEqual([stdout, status], ['started\n', 0]);
  assert.equal(await processes(/sleep 1234/), 1);
});

test('a daemon that comes after this one runs programs in the same guest', async () => {
  const boot = await bootOf();
  const handle = await restartEngine();
  assert.deepEqual(await engine.recover(plan, handle), { state: 'running' });
  assert.equal(await bootOf(), boot);
});

/** Another engine, as after the end of the daemon; returns what a daemon remembers of the guest. */
async function restartEngine(): Promise<RunHandle> {
  const usage = await engine.usage(id);
  assert.ok(usage);
  await engine.close();
  engine = await vms.engine(sshGuestAccess);
  engine.onEvent((event) => events.push(event));
  return { bootId: bootId(), pid: usage.pid, startTime: startTimeOf(usage.pid) ?? '' };
}

test('programs run again after the guest has rebooted; those that ran are over', async () => {
  const boot = await bootOf();
  const session = await engine.exec(id, execRequest(['sleep', '9999']), never);
  session.stdout.resume();
  session.stderr?.resume();
  await engine.exec(id, execRequest(['busybox', 'reboot', '-f']), never).catch(() => {});
  assert.equal(await session.exited, 137);
  await eventually(async () => assert.notEqual(await bootOf(), boot), 90_000);
});
