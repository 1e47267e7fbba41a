import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'vitest';
import { Fault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import { probeQemuCpu } from './qemu-probe.ts';

/** A QEMU that does this with each CPU model. */
function qemu(behaviour: (model: string) => string): Programs {
  return {
    async run(argv) {
      const model = argv[argv.indexOf('-cpu') + 1] ?? '';
      return { exitCode: 3, stdout: behaviour(model), stderr: '' };
    },
    spawn: () => assert.fail('nothing is left running'),
  };
}
const ready = 'TINYROM r16\nTINYROM ring3 READY\n';

test('the first model with which a guest reaches ring 3 is taken, and no further one tried', async () => {
  const probe = await probeQemuCpu(
    qemu(() => ready),
    tmpdir(),
  );
  assert.deepEqual(probe, { model: 'host', trials: [{ model: 'host', works: true, said: '' }] });
});

test('a model on which QEMU aborts is passed over, with what it said', async () => {
  const probe = await probeQemuCpu(
    qemu((model) => {
      if (model === 'host')
        throw new Fault('host', 'qemu-system-x86_64 was ended by SIGABRT: Assertion failed');
      return ready;
    }),
    tmpdir(),
  );
  assert.equal(probe.model, 'host,-arch-capabilities');
  assert.match(probe.trials[0]?.said ?? '', /SIGABRT/);
});

test('a guest that never comes up, or comes up only in part, is no', async () => {
  const probe = await probeQemuCpu(
    qemu((model) => {
      if (model.startsWith('host'))
        throw new Fault('timed-out', 'qemu-system-x86_64 was not done after 20 s');
      return 'TINYROM r16\n';
    }),
    tmpdir(),
  );
  assert.equal(probe.model, undefined);
  assert.deepEqual(
    probe.trials.map(({ works }) => works),
    [false, false, false, false],
  );
});

test('a host without QEMU is told so', async () => {
  const programs = qemu(() => {
    throw new Fault('unsupported', 'The program qemu-system-x86_64 is not installed on this host');
  });
  await assert.rejects(probeQemuCpu(programs, tmpdir()), { code: 'unsupported' });
});
