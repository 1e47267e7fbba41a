import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { afterEach, beforeEach, test } from 'vitest';
import { type Logger, silentLogger } from '#base/logger.ts';
import type { RunPlan } from '#engine/engine.ts';
import { Fault } from '#model/fault.ts';
import { TestWorld } from '../instances/test-world.ts';
import { Recovery } from './recovery.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.make();
});
afterEach(() => world[Symbol.asyncDispose]());

const engines = () => [world.engine, world.machines];
const runCount = (): number => engines().reduce((sum, { runs }) => sum + runs.size, 0);

const going = new AbortController().signal;

/** Everything that ran is gone, and the kernel has a new boot id. */
async function bootHost(options: { logger?: Logger; startsUntil?: AbortSignal } = {}): Promise<void> {
  for (const { runs, remains } of engines()) {
    runs.clear();
    remains.clear();
  }
  const { logger = silentLogger, startsUntil = going } = options;
  const recovery = new Recovery({ ...world.deps, logger }, world.operations, 'next-boot', (instance) =>
    world.instances.deleteEphemeral(instance),
  );
  await recovery.takeOver('default');
  const report = await recovery.run('default', { hasHostBooted: true, keepsStrangers: false, startsUntil });
  await report.starting;
}

/** Lets the engines' starts take a moment; tells their order, and how many there were at most at one time. */
function watchStarts(fails: (name: string) => boolean = () => false): { names: string[]; most: number } {
  const seen = { names: [] as string[], most: 0 };
  let now = 0;
  for (const engine of engines()) {
    const start = engine.start.bind(engine);
    engine.start = async (plan: RunPlan, signal: AbortSignal) => {
      seen.names.push(plan.name);
      seen.most = Math.max(seen.most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      if (fails(plan.name)) throw new Fault('host', `${plan.name} is broken`);
      return start(plan, signal);
    };
  }
  return seen;
}

/** Every other one is a virtual machine. */
async function createRunning(count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `i${index}`);
  for (const [index, name] of names.entries()) {
    const type = index % 2 === 0 ? 'container' : 'virtual-machine';
    const config = { 'boot.autostart.priority': String(index) };
    await world.create({ name, type, source: { alias: 'either' }, start: true, config });
  }
  return names;
}

async function wants(name: string): Promise<string> {
  return (await world.instances.get('default', name)).instance.wants;
}

test('after a boot as many start at a time as there are processors, the highest priority first', async () => {
  const names = await createRunning(3 * availableParallelism());
  const seen = watchStarts();
  await bootHost();
  assert.deepEqual(seen.names, names.toReversed());
  assert.ok(seen.most <= availableParallelism());
  assert.equal(runCount(), names.length);
});

test('one that cannot be started says so, holds up nobody, and is tried again at the next boot', async () => {
  const names = await createRunning(4);
  const told: object[] = [];
  const warn = (fields: object) => void told.push(fields);
  let broken = 'i2';
  watchStarts((name) => name === broken);
  await bootHost({ logger: { ...silentLogger, warn } });
  assert.equal(runCount(), names.length - 1);
  assert.match(JSON.stringify(told), /"instance":"i2".*i2 is broken/);
  assert.equal(await wants('i2'), 'running');
  broken = 'none';
  await bootHost();
  assert.equal(runCount(), names.length);
});

test('a host that goes down while it comes up starts nothing more, and forgets nothing', async () => {
  const names = await createRunning(2);
  await bootHost({ startsUntil: AbortSignal.abort() });
  assert.equal(runCount(), 0);
  for (const name of names) assert.equal(await wants(name), 'running');
  await bootHost();
  assert.equal(runCount(), names.length);
});

test('an ephemeral instance that ended with the host is gone, and one that never ran waits for its start', async () => {
  await world.create({ name: 'brief', start: true, ephemeral: true });
  await world.create({ name: 'waiting', ephemeral: true });
  await bootHost();
  await assert.rejects(world.instances.get('default', 'brief'), { code: 'not-found' });
  assert.equal(await wants('waiting'), 'stopped');
});

test('of a run that this daemon follows the engine tells the end: it is not cleared for an unknown reason', async () => {
  const recovery = new Recovery(world.deps, world.operations, 'fake-boot', async () => {});
  await recovery.takeOver('default');
  await world.create({ name: 'again', start: true }); // as an interrupted operation does that is finished
  const options = { hasHostBooted: false, keepsStrangers: false, startsUntil: going };
  assert.equal((await recovery.run('default', options)).cleared, 0);

  const next = new Recovery(world.deps, world.operations, 'fake-boot', async () => {});
  await next.takeOver('default');
  assert.equal((await next.run('default', options)).cleared, 1, 'no process has the number of a fake one');
});
