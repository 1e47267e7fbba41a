import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Fault } from '#model/fault.ts';
import type { KvmMeasurement, KvmVerdictKind, LoopSpeed } from '#model/kvm.ts';
import { fakeHost } from './fake-host.ts';
import { conditionsOf, judge, verdictKey } from './verdict.ts';

const speed = (millions: number, emulatedShare?: number): LoopSpeed => ({
  instructionsPerSecond: millions * 1e6,
  ms: 9,
  ...(emulatedShare !== undefined && { emulatedShare }),
});
const measured = (kernelMode: LoopSpeed, userMode: LoopSpeed) => ({
  kind: 'measured' as const,
  measurement: { kernelMode, userMode, exits: 75, bootMs: 8 } satisfies KvmMeasurement,
});

test.each<[KvmVerdictKind, string, LoopSpeed, LoopSpeed]>([
  ['kvm', 'the processor runs both rings', speed(3000, 0), speed(3000, 0)],
  ['kvm', 'it does and nobody counts emulated instructions', speed(3000), speed(3000)],
  ['kvm', 'a busy host makes the loop slow, though nothing is emulated', speed(8, 0), speed(9, 0)],
  ['kvm', 'the processor is emulated itself', speed(90, 0), speed(95, 0)],
  ['kvm-user-mode-only', 'ring 0 is emulated', speed(0.9, 1), speed(2400, 0)],
  ['kvm-user-mode-only', 'ring 0 is slow and nobody counts', speed(0.9), speed(2400)],
  ['none', 'both rings are emulated', speed(0.9, 1), speed(0.9, 1)],
  ['none', 'both rings are slow and nobody counts', speed(0.9), speed(0.9)],
])('the verdict is %s when %s', (verdict, _, kernelMode, userMode) => {
  const judged = judge(fakeHost(), measured(kernelMode, userMode));
  assert.equal(judged.verdict, verdict);
  assert.equal(judged.remedy === undefined, verdict === 'kvm');
  assert.deepEqual(judged.measurement?.kernelMode, kernelMode);
});

test('user mode only names both speeds and the module that emulates', () => {
  const host = fakeHost({ modules: ['kvm', 'kvm_pvm'] });
  const { reason, remedy } = judge(host, measured(speed(0.9, 1), speed(2400, 0)));
  assert.match(reason, /ring 3: 2,400 million instructions\/s.* kvm_pvm \(ring 0: 0\.9 million/);
  assert.match(remedy ?? '', /TCG/);
});

test('a device without a guest that gets through is none, in the kernel’s own words', () => {
  const error = new Fault('host', 'ioctl KVM_CREATE_VM: device or resource busy (EBUSY)');
  const { verdict, reason, remedy } = judge(fakeHost(), { kind: 'failed', error });
  assert.equal(verdict, 'none');
  assert.match(reason, /KVM_CREATE_VM: device or resource busy/);
  assert.match(remedy ?? '', /VirtualBox/);
});

test('no device is none, explained', () => {
  const host = fakeHost({ device: 'missing', modules: [] });
  assert.match(judge(host, { kind: 'no-device' }).reason, /kvm_intel is not loaded/);
});

test('a kept verdict is another one after a new kernel, processor, microcode, module, right or QEMU', () => {
  const key = (over: Parameters<typeof fakeHost>[0], qemu: string | undefined) =>
    verdictKey(conditionsOf(fakeHost(over), qemu));
  const keys = [
    key({}, '7.2.22'),
    key({}, '10.0.2'),
    key({}, undefined),
    key({ kernelRelease: '6.12' }, '7.2.22'),
    key({ modules: ['kvm'] }, '7.2.22'),
    key({ device: 'forbidden' }, '7.2.22'),
    key({ processor: { ...fakeHost().processor, model: 'Other CPU' } }, '7.2.22'),
    key({ processor: { ...fakeHost().processor, microcode: '0x11' } }, '7.2.22'),
  ];
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(key({}, '7.2.22'), keys[0]);
});
