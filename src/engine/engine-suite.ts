import assert from 'node:assert/strict';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'vitest';
import { isFault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import type { Engine, EngineEvent, ExecRequest, RunHandle, RunPlan } from './engine.ts';
import { execRequest, runInside } from './test-exec.ts';

/** An engine to be tested, and what the suite cannot know of it. */
export interface EngineBench {
  engine: Engine;
  /** A small guest whose init is ready at once and powers off when it is asked to. */
  plan(id: InstanceId): RunPlan;
  /** Its init ends by itself. */
  endInit(id: InstanceId, how: 'power-off' | 'reboot' | 'crashed'): Promise<void>;
  /** Another daemon comes after the one that ran; instances did not notice. */
  nextDaemon(): Promise<Engine>;
  close(): Promise<void>;
}

const id: InstanceId = '0123abcd';
const never = new AbortController().signal;
const graceMs = 60_000;

type End = Parameters<EngineBench['endInit']>[1];

/** What every engine promises. `ends`: those that end a run; a guest may also reboot and go on running. */
export function engineSuite(
  makeBench: () => Promise<EngineBench>,
  ends: readonly End[] = ['power-off', 'reboot', 'crashed'],
): void {
  let bench: EngineBench;
  let engine: Engine;
  let events: Events;

  function use(next: Engine): void {
    engine = next;
    events = new Events(next);
  }

  beforeEach(async () => {
    bench = await makeBench();
    use(bench.engine);
  });
  afterEach(async () => {
    await engine.destroy(id);
    await bench.close();
  });

  const start = (): Promise<RunHandle> => engine.start(bench.plan(id), never);

  test('a started instance has a handle, becomes ready and uses something', async () => {
    const handle = await start();
    assert.ok(handle.pid > 0);
    assert.equal((await events.next('ready')).id, id);
    const usage = await engine.usage(id);
    assert.equal(usage?.pid, handle.pid);
    assert.ok(usage.processes === undefined || usage.processes >= 1);
  });

  test('what runs cannot be started again', async () => {
    await start();
    await assert.rejects(start(), { code: 'wrong-state' });
  });

  for (const how of ends) {
    test(`an init that ends by itself is reported with its pid: ${how}`, async () => {
      const { pid } = await start();
      await events.next('ready');
      await bench.endInit(id, how);
      const event = await events.next('exited');
      assert.equal(event.pid, pid);
      assert.equal(event.exit.reason, how);
      assert.equal(await engine.usage(id), undefined);
    });
  }

  test('an instance that is asked to stop powers off, and only the stop tells', async () => {
    await start();
    await events.next('ready');
    assert.equal((await engine.stop(id, graceMs, never)).reason, 'power-off');
    await engine.destroy(id);
    await start();
    await events.next('ready');
    assert.deepEqual(events.rest(), []);
  });

  test('an instance that gets no time to stop is killed', async () => {
    await start();
    assert.equal((await engine.stop(id, 0, never)).reason, 'killed');
    assert.equal(await engine.usage(id), undefined);
  });

  test('a paused instance can be stopped', async () => {
    await start();
    await events.next('ready');
    await engine.pause(id, never);
    assert.equal((await engine.stop(id, graceMs, never)).reason, 'power-off');
  });

  test('stopping and destroying what does not run succeeds, as often as one likes', async () => {
    await engine.stop(id, 0, never);
    await engine.destroy(id);
    await engine.destroy(id);
    await start();
    await engine.stop(id, 0, never);
    await engine.destroy(id);
    await engine.destroy(id);
  });

  test('destroying ends what runs, without a word', async () => {
    await start();
    await events.next('ready');
    await engine.destroy(id);
    assert.equal(await engine.usage(id), undefined);
    await start();
    await events.next('ready');
    assert.deepEqual(events.rest(), []);
  });

  test('a start that is cancelled leaves nothing in the way of the next', async () => {
    await assert.rejects(engine.start(bench.plan(id), AbortSignal.abort()));
    assert.equal(await engine.usage(id), undefined);
    await start();
  });

  test('what does not run can do nothing', async () => {
    await assert.rejects(engine.pause(id, never), { code: 'wrong-state' });
    await assert.rejects(engine.resume(id, never), { code: 'wrong-state' });
    await assert.rejects(engine.update(bench.plan(id), { isForced: false }, never), { code: 'wrong-state' });
    await assert.rejects(engine.exec(id, request('true'), never), { code: 'wrong-state' });
    await assert.rejects(engine.console(id, { columns: 80, rows: 24 }, never), { code: 'wrong-state' });
    assert.equal(await engine.usage(id), undefined);
  });

  test('the next daemon takes over what runs and hears of its end', async () => {
    const handle = await start();
    use(await bench.nextDaemon());
    assert.deepEqual(await engine.recover(bench.plan(id), handle), { state: 'running' });
    assert.equal((await runInside(engine, id, request('cat'), 'still here')).stdout, 'still here');
    assert.equal((await engine.usage(id))?.pid, handle.pid);
    await bench.endInit(id, 'power-off');
    assert.equal((await events.next('exited')).pid, handle.pid);
  });

  test('the next daemon finds a paused instance paused, and can stop it', async () => {
    const handle = await start();
    await engine.pause(id, never);
    use(await bench.nextDaemon());
    assert.deepEqual(await engine.recover(bench.plan(id), handle), { state: 'paused' });
    await engine.resume(id, never);
    assert.equal((await engine.stop(id, 0, never)).reason, 'killed');
  });

  test('an instance that ended meanwhile is gone, and so is one of another boot', async () => {
    const handle = await start();
    assert.deepEqual(await engine.recover(bench.plan(id), { ...handle, bootId: 'another' }), {
      state: 'gone',
    });
    await engine.stop(id, 0, never);
    use(await bench.nextDaemon());
    assert.deepEqual(await engine.recover(bench.plan(id), handle), { state: 'gone' });
  });

  test('a program inside gets its input, and its output, errors and status come out', async () => {
    await start();
    assert.deepEqual(await runInside(engine, id, request('cat'), 'text'), {
      stdout: 'text',
      stderr: '',
      status: 0,
    });
    assert.equal((await runInside(engine, id, request('sh', '-c', 'exit 7'))).status, 7);
  });

  test('a program that is not there cannot be started', async () => {
    await start();
    const started = engine.exec(id, request('/missing'), never);
    await assert.rejects(started, (error) => isFault(error, 'not-found'));
  });

  test('a terminal is one stream', async () => {
    await start();
    const terminal = { columns: 80, rows: 24 };
    const session = await engine.exec(id, { ...request('sh', '-c', 'exit 3'), terminal }, never);
    assert.equal(session.stderr, undefined);
    session.resize({ columns: 100, rows: 30 });
    await buffer(session.stdout);
    assert.equal(await session.exited, 3);
  });

  test('signals reach a program inside', async () => {
    await start();
    const session = await engine.exec(id, request('sleep', '1000'), never);
    session.signal(15);
    const [, status] = await Promise.all([text(session.stdout), session.exited]);
    assert.equal(status, 128 + 15);
  });

  test('an exec that is cancelled ends', async () => {
    await start();
    const cancel = new AbortController();
    const session = await engine.exec(id, request('sleep', '1000'), cancel.signal);
    cancel.abort();
    assert.equal(await session.exited, 128 + 9);
  });

  test('the console log can be read and cleared', async () => {
    await start();
    assert.equal(typeof (await engine.consoleLog(id)), 'string');
    await engine.clearConsoleLog(id);
    assert.equal(await engine.consoleLog(id), '');
  });
}

const request = (...command: string[]): ExecRequest => execRequest(command);

/** What an engine has told, waiting to be looked at. */
class Events {
  readonly #told: EngineEvent[] = [];
  #wake = (): void => {};

  constructor(engine: Engine) {
    engine.onEvent((event) => {
      this.#told.push(event);
      this.#wake();
    });
  }

  /** The next event, which is of that kind. */
  async next<K extends EngineEvent['kind']>(kind: K): Promise<Extract<EngineEvent, { kind: K }>> {
    for (;;) {
      // A guest that is still booting is ready whenever it is.
      if (kind !== 'ready') while (this.#told[0]?.kind === 'ready') this.#told.shift();
      if (this.#told.length > 0) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#told.shift();
    assert.equal(event?.kind, kind);
    return event as Extract<EngineEvent, { kind: K }>;
  }

  rest(): EngineEvent[] {
    return this.#told;
  }
}
