import assert from 'node:assert/strict';
import { test } from 'vitest';
import { GeneralRegisters, SystemRegisters } from './registers.ts';

function system({ cr0 = 0n, efer = 0n, selector = 0, isLong = false }): SystemRegisters {
  const registers = new SystemRegisters();
  registers.set('cr0', cr0);
  registers.set('efer', efer);
  registers.moveSegment('cs', { selector, base: 0n });
  if (isLong) registers.bytes[19] = 1;
  return registers;
}

test.each([
  ['no protection is real mode', system({ selector: 0xf003 }), { mode: 'real', ring: 0 }],
  ['protection without long mode', system({ cr0: 0x11n, selector: 0x08 }), { mode: 'protected', ring: 0 }],
  [
    'a segment of 32 bits in long mode is protected mode',
    system({ cr0: 0x80000011n, efer: 0x500n, selector: 0x08 }),
    { mode: 'protected', ring: 0 },
  ],
  [
    'long mode, in the ring that the segment says',
    system({ cr0: 0x80000011n, efer: 0x500n, selector: 0x2b, isLong: true }),
    { mode: 'long', ring: 3 },
  ],
])('%s', (_, registers, place) => {
  assert.deepEqual(registers.place, place);
});

test('general registers lie where the kernel has them', () => {
  const registers = new GeneralRegisters();
  registers.set('rcx', 0x1122334455667788n);
  registers.set('rip', 0xfff0n);
  assert.equal(registers.bytes.readBigUInt64LE(2 * 8), 0x1122334455667788n);
  assert.equal(registers.bytes.readBigUInt64LE(16 * 8), 0xfff0n);
  assert.equal(registers.get('rip'), 0xfff0n);
});

test('a segment that is moved keeps its rights', () => {
  const registers = new SystemRegisters(Buffer.alloc(SystemRegisters.byteCount, 0x7f));
  registers.moveSegment('ss', { selector: 0x10, base: 0x1000n });
  assert.deepEqual(registers.segment('ss'), { selector: 0x10, base: 0x1000n, isLong: false });
  assert.equal(registers.bytes[5 * 24 + 14], 0x7f);
});
