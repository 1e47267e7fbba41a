import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Fault } from '#model/fault.ts';
import type { KvmInfo } from '#model/kvm.ts';
import type { Programs } from '../process/programs.ts';
import { askEngine } from './ask-engine.ts';
import { fakeHost } from './fake-host.ts';

const info: KvmInfo = {
  verdict: { verdict: 'kvm', reason: 'Because.', ms: 80 },
  host: fakeHost(),
  apiVersion: 12,
  capabilities: [],
};

/** Programs of which the engine says or throws this. */
const engine = (run: () => string): Programs => ({
  run: async () => ({ exitCode: 0, stdout: run(), stderr: '' }),
  spawn: () => assert.fail('nothing is left running'),
});

test('what the engine finds out is handed through', async () => {
  const programs = engine(() => `${JSON.stringify({ type: 'info', info })}\n`);
  assert.deepEqual(await askEngine(programs, '/engine.mjs'), info);
});

test('an engine that the kernel ends is a verdict, not an error', async () => {
  const programs = engine(() => {
    throw new Fault('host', 'node was ended by SIGSEGV');
  });
  const { verdict } = await askEngine(programs, '/engine.mjs');
  assert.equal(verdict.verdict, 'none');
  assert.match(verdict.reason, /no guest runs: node was ended by SIGSEGV/);
});

test('an engine that does not come back is a verdict too', async () => {
  const programs = engine(() => {
    throw new Fault('timed-out', 'node was not done after 60 s');
  });
  assert.match((await askEngine(programs, '/engine.mjs')).verdict.reason, /not done after 60 s/);
});

test('a fault that the engine reports is the reason', async () => {
  const fault = { type: 'fault', code: 'internal', message: 'It broke' };
  const { verdict } = await askEngine(
    engine(() => JSON.stringify(fault)),
    '/engine.mjs',
  );
  assert.match(verdict.reason, /It broke/);
});

test('who aborts gets the reason for it back', async () => {
  const programs = engine(() => {
    throw new Fault('host', 'node was ended by SIGTERM');
  });
  const signal = AbortSignal.abort(new Fault('cancelled', 'Enough'));
  await assert.rejects(askEngine(programs, '/engine.mjs', signal), { code: 'cancelled' });
});
