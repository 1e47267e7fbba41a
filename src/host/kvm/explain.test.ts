import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { KvmHost } from '#model/kvm.ts';
import { explainNoDevice } from './explain.ts';
import { fakeHost } from './fake-host.ts';
import { parseProcessor } from './host-facts.ts';

const missing = (over: Partial<KvmHost>): KvmHost => fakeHost({ device: 'missing', modules: [], ...over });
const processor = (flags: string): KvmHost['processor'] =>
  parseProcessor(`processor\t: 0\nmodel name\t: Test CPU\nmicrocode\t: 0x10\nflags\t\t: fpu ${flags}\n`);

test('the first processor is read, flags by whole words', () => {
  assert.deepEqual(processor('svm_lock svm hypervisor'), {
    model: 'Test CPU',
    microcode: '0x10',
    hasVmx: false,
    hasSvm: true,
    isVirtual: true,
  });
  assert.equal(processor('svm_lock').hasSvm, false);
});

test.each<[string, Partial<KvmHost>, RegExp, RegExp]>([
  ['another architecture', { architecture: 'arm64' }, /arm64/, /x86-64/],
  ['no flags on a machine of its own', { processor: processor('') }, /neither VT-x/, /firmware/],
  ['no flags inside a VM', { processor: processor('hypervisor') }, /virtual machine itself/, /nested/],
  ['the module is missing', { processor: processor('vmx') }, /kvm_intel is not loaded/, /modprobe kvm_intel/],
  ['the other module is missing', { processor: processor('svm') }, /kvm_amd is not/, /modprobe kvm_amd/],
  [
    'everything but the device',
    { processor: processor('svm'), modules: ['kvm', 'kvm_amd'] },
    /there is no \/dev\/kvm here/,
    /container/,
  ],
  [
    'no right to it',
    { device: 'forbidden', deviceError: "EACCES: permission denied, open '/dev/kvm'" },
    /may not open it/,
    /usermod -aG kvm/,
  ],
  [
    'a container forbids it even to root',
    { device: 'forbidden', deviceError: "EPERM: operation not permitted, open '/dev/kvm'" },
    /container forbids/,
    /10:232/,
  ],
  ['the driver fails', { device: 'broken', deviceError: 'ENODEV: no such device' }, /ENODEV/, /dmesg/],
])('%s is explained, with what helps', (_, over, reason, remedy) => {
  const explanation = explainNoDevice(missing(over));
  assert.match(explanation.reason, reason);
  assert.match(explanation.remedy, remedy);
  assert.match(explanation.remedy, /in software/);
});
