import assert from 'node:assert/strict';
import { test } from 'vitest';
import { decodeExit } from './exits.ts';

/** A page as KVM fills it: the reason, and bytes at their offsets from the begin of the page. */
function page(reason: number, parts: Record<number, string> = {}): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.writeUInt32LE(reason, 8);
  for (const [at, hex] of Object.entries(parts))
    Buffer.from(hex.replaceAll(' ', ''), 'hex').copy(bytes, Number(at));
  return bytes;
}

test('a write to a port tells its port, its width and what was written', () => {
  const exit = decodeExit(page(2, { 32: '01 02 0406 01000000 0008000000000000', 2048: '0020' }));
  assert.deepEqual(exit, {
    kind: 'io',
    direction: 'out',
    port: 0x604,
    size: 2,
    count: 1,
    data: Buffer.from([0x00, 0x20]),
  });
});

test('an answer written into the data of a read lies in the page, where KVM looks for it', () => {
  const shared = page(2, { 32: '00 01 fd03 01000000 0010000000000000' });
  const grown = Buffer.concat([shared, Buffer.alloc(4096)]);
  const exit = decodeExit(grown);
  assert.equal(exit.kind, 'io');
  if (exit.kind === 'io') exit.data[0] = 0x61;
  assert.equal(grown[4096], 0x61);
});

test('an instruction with a repeat prefix is one exit with all its bytes', () => {
  const exit = decodeExit(page(2, { 32: '01 01 f803 03000000 0008000000000000', 2048: '616263' }));
  assert.equal(exit.kind === 'io' && exit.data.toString(), 'abc');
});

test('an access to a device in memory tells address, direction and as many bytes as were meant', () => {
  const write = decodeExit(page(6, { 32: '0000e03f00000000 68656c6c00000000 04000000 01' }));
  assert.deepEqual(write, {
    kind: 'mmio',
    direction: 'write',
    address: 0x3fe00000n,
    data: Buffer.from('hell'),
  });
  assert.deepEqual(decodeExit(page(6, { 32: '0000e03f00000000 0000000000000000 02000000 00' })), {
    kind: 'mmio',
    direction: 'read',
    address: 0x3fe00000n,
    data: Buffer.alloc(2),
  });
});

test('an instruction that KVM cannot emulate comes with its bytes, when KVM says that it has them', () => {
  const parts = { 32: '01000000 04000000 0100000000000000', 48: '04 480fc70f 90909090' };
  assert.deepEqual(decodeExit(page(17, parts)), {
    kind: 'internal-error',
    error: 'emulation',
    instruction: Buffer.from('480fc70f', 'hex'),
  });
  const withoutBytes = { kind: 'internal-error', error: 'emulation', instruction: undefined };
  assert.deepEqual(decodeExit(page(17, { ...parts, 40: '00' })), withoutBytes); // the flag is missing
  assert.deepEqual(decodeExit(page(17, { ...parts, 36: '00' })), withoutBytes); // nothing was said
});

test('a length from the kernel beyond what an instruction can have is not believed', () => {
  const exit = decodeExit(page(17, { 32: '01000000 04000000 0100000000000000', 48: 'ff' }));
  assert.equal(exit.kind === 'internal-error' && exit.instruction?.length, 15);
});

test('other internal errors have a name', () => {
  const named = (suberror: string) => decodeExit(page(17, { 32: suberror }));
  assert.deepEqual(named('02'), {
    kind: 'internal-error',
    error: 'simultaneous-exceptions',
    instruction: undefined,
  });
  assert.deepEqual(named('09'), { kind: 'internal-error', error: 'other', instruction: undefined });
});

test('a refused entry tells the reason of the processor', () => {
  const exit = decodeExit(page(9, { 32: '2100008000000000 03000000' }));
  assert.deepEqual(exit, { kind: 'fail-entry', reason: 0x80000021n, cpu: 3 });
});

test.each([
  [3, { 32: '0c' }, { kind: 'hypercall', number: 12n }],
  [4, { 32: '01', 40: '0010' }, { kind: 'debug', vector: 1, address: 0x1000n }],
  [1, { 32: '0d', 36: '10' }, { kind: 'exception', vector: 13, errorCode: 16 }],
  [5, {}, { kind: 'hlt' }],
  [7, {}, { kind: 'interrupt-window' }],
  [8, {}, { kind: 'shutdown' }],
  [10, {}, { kind: 'interrupted' }],
  [24, { 32: '02' }, { kind: 'system-event', type: 2 }],
  [39, { 40: '0010', 48: '0010' }, { kind: 'memory-fault', address: 0x1000n, byteCount: 0x1000n }],
  [37, {}, { kind: 'other', reason: 'notify' }],
  [99, {}, { kind: 'other', reason: 'reason 99' }],
])('exit reason %i has its own form', (reason, parts, exit) => {
  assert.deepEqual(decodeExit(page(reason, parts)), exit);
});

test('a register that we serve is named by its number, and its value lies in the page', () => {
  const shared = page(29, { 44: '0a010000' });
  assert.deepEqual(decodeExit(shared), {
    kind: 'msr',
    direction: 'read',
    index: 0x10a,
    data: Buffer.alloc(8),
  });
  const write = decodeExit(page(30, { 44: '0a010000', 48: '6900' }));
  assert.equal(write.kind === 'msr' && write.data.readBigUInt64LE(), 0x69n);
});
