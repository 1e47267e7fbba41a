import assert from 'node:assert/strict';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { CrunEngine } from '#engine/container/crun-engine.ts';
import { overlayOf } from '#engine/container/rootfs.ts';
import type { EngineEvent, RunHandle, RunPlan } from '#engine/engine.ts';
import { eventually } from '../../harness/host.ts';
import { cachedImage } from '../../harness/images.ts';
import { inside, never } from './guest-program.ts';
import { TestContainers } from './test-containers.ts';

const id = '0123abcd';
let containers: TestContainers;
let engine: CrunEngine;
let plan: RunPlan;
let events: EngineEvent[] = [];

beforeAll(async () => {
  const { folder, recipe } = await cachedImage('debian/12');
  containers = await TestContainers.open();
  engine = await containers.engine();
  engine.onEvent((event) => events.push(event));
  const plain = await containers.plan(id);
  const lower = [path.join(folder, 'rootfs')];
  plan = { ...plain, init: recipe.init, root: { ...overlayOf(plain), lower } };
});
afterAll(() => containers.close(engine, id));

const has = (kind: EngineEvent['kind']): Promise<EngineEvent> =>
  eventually(async () => {
    const event = events.find((told) => told.kind === kind);
    assert.ok(event, `nothing tells that it is ${kind}`);
    return event;
  });

async function boot(): Promise<RunHandle> {
  events = [];
  const handle = await engine.start(plan, never);
  await has('ready');
  return handle;
}

const guest = (script: string): Promise<string> => inside(engine, id, script).then(({ stdout }) => stdout);

test('systemd says that it is ready when all of it runs, and nothing has failed', async () => {
  await boot();
  assert.equal(await guest('systemctl is-system-running'), 'running');
  assert.equal(await guest('systemctl --failed --no-legend'), '');
  assert.equal(await guest('systemd-detect-virt'), 'lxc');
  assert.equal(await guest('hostname'), plan.name);
  assert.equal(await guest('journalctl -b -p err --no-pager --quiet'), '');
});

test('a console asks for a login', async () => {
  await guest('echo root:secret | chpasswd');
  const session = await engine.console(id, { columns: 80, rows: 24 }, never);
  let seen = '';
  session.stdout.on('data', (chunk) => {
    seen += String(chunk);
  });
  const answer = async (prompt: RegExp, text: string): Promise<void> => {
    await eventually(async () => assert.match(seen, prompt));
    session.stdin.write(`${text}\n`);
  };
  await answer(/guest1 login: $/, 'root');
  await answer(/Password: $/, 'secret');
  await answer(/# $/, 'echo logged $((1 + 1))ice in; exit');
  await session.exited;
  assert.match(seen, /logged 2ice in/);
});

test('systemd can move what is exec’d into a group of its own', async () => {
  assert.match(await guest('systemd-run --scope --quiet cat /proc/self/cgroup'), /^0::\/system.slice\/run-/m);
});

test('it powers off when it is asked to, in time', async () => {
  assert.deepEqual(await engine.stop(id, 60_000, never), { reason: 'power-off', detail: 'It powered off' });
  await engine.destroy(id);
});

test('a reboot and a power-off from inside are told apart', async () => {
  for (const [command, reason] of [
    ['reboot', 'reboot'],
    ['poweroff', 'power-off'],
  ]) {
    await boot();
    await guest(`systemctl ${command} || true`);
    const event = await has('exited');
    assert.equal(event.kind === 'exited' && event.exit.reason, reason);
    await engine.destroy(id);
  }
});

test('a daemon that comes while it boots hears that it is ready', async () => {
  events = [];
  const handle = await engine.start(plan, never);
  await engine.close();
  engine = await containers.engine();
  engine.onEvent((event) => events.push(event));
  await engine.recover(plan, handle);
  await has('ready');
  await engine.stop(id, 0, never);
  await engine.destroy(id);
});
