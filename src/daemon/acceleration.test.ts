import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { AccelChoice } from '#model/config-keys.ts';
import type { KvmVerdict } from '#model/kvm.ts';
import type { KvmFindings } from '#service/host/kvm-verdicts.ts';
import { MeasuredAcceleration } from './acceleration.ts';

const whole: KvmVerdict = { verdict: 'kvm', reason: 'It runs kernels.', ms: 20 };
const userMode: KvmVerdict = {
  verdict: 'kvm-user-mode-only',
  reason: 'Programs only.',
  remedy: 'None.',
  ms: 20,
};
const missing: KvmVerdict = { verdict: 'none', reason: 'There is no /dev/kvm', remedy: 'Load kvm.', ms: 1 };
const forbidden: KvmVerdict = { verdict: 'none', reason: 'Nobody may open /dev/kvm', ms: 1 };
const works = { model: 'host', trials: [] };
const aborts = { trials: [{ model: 'host', works: false, said: 'failed to set MSR' }] };

const choose = (findings: KvmFindings, wish: AccelChoice) =>
  new MeasuredAcceleration(async () => findings).choose(wish);
const kindOf = async (findings: KvmFindings) => (await choose(findings, 'auto')).accel;

test('a guest runs on the processor where KVM runs kernels and QEMU has a processor for it', async () => {
  assert.deepEqual(await choose({ verdict: whole, qemuCpu: works }, 'auto'), { accel: 'kvm', cpu: 'host' });
});

test('it runs in software where KVM is missing, forbidden or half, or aborts QEMU with every processor', async () => {
  const poor = [
    { verdict: missing },
    { verdict: forbidden },
    { verdict: userMode, qemuCpu: works },
    { verdict: whole, qemuCpu: aborts },
  ];
  assert.deepEqual(await Promise.all(poor.map(kindOf)), ['tcg', 'tcg', 'tcg', 'tcg']);
});

test('who wishes for software is not kept waiting for a verdict', async () => {
  const never = new MeasuredAcceleration(() => new Promise(() => {}));
  assert.equal((await never.choose('tcg')).accel, 'tcg');
});

test('who wishes for KVM gets what there is of it, or is told why not and what helps', async () => {
  assert.equal((await choose({ verdict: userMode, qemuCpu: works }, 'kvm')).accel, 'kvm');
  await assert.rejects(choose({ verdict: missing }, 'kvm'), {
    code: 'unsupported',
    message: 'KVM runs no guest here: There is no /dev/kvm',
    hint: 'Load kvm.',
  });
});

test('who wishes for KVM that aborts QEMU with every processor is told what QEMU says', async () => {
  await assert.rejects(choose({ verdict: whole, qemuCpu: aborts }, 'kvm'), {
    code: 'unsupported',
    message:
      'KVM runs no guest here: QEMU aborts with every processor that it could show (failed to set MSR)',
  });
});
