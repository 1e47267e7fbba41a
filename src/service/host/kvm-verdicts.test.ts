import assert from 'node:assert/strict';
import { test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import type { Programs } from '#host/process/programs.ts';
import { Fault } from '#model/fault.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { KvmVerdicts } from './kvm-verdicts.ts';

const loop = { instructionsPerSecond: 1e9, ms: 1 };
const measurement = { kernelMode: loop, userMode: loop, exits: 1, bootMs: 1 };

/** A host without QEMU whose KVM engine answers `verdict`. */
function hostThatSays(verdict: object): Programs & { asked: number } {
  const programs = {
    asked: 0,
    async run(argv: readonly string[]) {
      if (argv[0]?.startsWith('qemu')) throw new Fault('unsupported', 'not installed');
      programs.asked += 1;
      const info = { verdict, host: {}, capabilities: [] };
      return { exitCode: 0, stdout: `${JSON.stringify({ type: 'info', info })}\n`, stderr: '' };
    },
    spawn: () => Promise.reject(new Error('nothing goes on')),
  };
  return programs;
}

const verdictsOf = async (programs: Programs, nodeStore = openMemoryStore()) =>
  new KvmVerdicts({
    programs,
    run: '/run/x',
    engine: 'kvm-engine.mjs',
    nodeStore: await nodeStore,
    logger: silentLogger,
  });

test('a verdict with a measurement is asked for once, and a later daemon remembers it', async () => {
  const programs = hostThatSays({ verdict: 'kvm', reason: 'it runs', measurement, ms: 1 });
  const store = openMemoryStore();
  const first = await verdictsOf(programs, store);
  assert.equal(first.known(), undefined);
  assert.equal((await first.get()).verdict.verdict, 'kvm');
  assert.equal(first.known()?.verdict.verdict, 'kvm');
  assert.equal((await (await verdictsOf(programs, store)).get()).verdict.reason, 'it runs');
  assert.equal(programs.asked, 1);
});

test('a verdict that measured nothing is asked for again by the next daemon', async () => {
  const programs = hostThatSays({ verdict: 'none', reason: 'no device', ms: 1 });
  const store = openMemoryStore();
  await (await verdictsOf(programs, store)).get();
  await (await verdictsOf(programs, store)).get();
  assert.equal(programs.asked, 2);
});
