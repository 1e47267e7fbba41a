import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Btf } from './btf.ts';

const strings = '\0int\0sock\0sk_socket\0sk\0state\0bpf_lsm_file_open\0';
const at = (name: string): number => strings.indexOf(`\0${name}\0`) + 1;

/** `struct sock { int; struct { int state; }; int sk_socket; }`, as a compiler writes it down. */
function sample(): Buffer {
  const words = (...numbers: number[]): Buffer => Buffer.from(Uint32Array.from(numbers).buffer);
  const types = Buffer.concat([
    words(at('int'), 1 << 24, 4, 32), // 1: int
    words(0, (4 << 24) | 1, 4, at('state'), 1, 0), // 2: a structure without a name
    words(at('sock'), (4 << 24) | 3, 16, at('sk'), 1, 0, 0, 2, 64, at('sk_socket'), 1, 96), // 3
    words(0, 13 << 24, 1), // 4: int ()
    words(at('bpf_lsm_file_open'), 12 << 24, 4), // 5
  ]);
  const head = Buffer.alloc(24);
  head.writeUInt16LE(0xeb9f, 0);
  head.writeUInt8(1, 2);
  head.writeUInt32LE(24, 4);
  head.writeUInt32LE(types.length, 12);
  head.writeUInt32LE(types.length, 16);
  head.writeUInt32LE(strings.length, 20);
  return Buffer.concat([head, types, Buffer.from(strings, 'latin1')]);
}

test('fields are found by name, also in structures without one', () => {
  const types = new Btf(sample());
  assert.equal(types.findOffset('sock.sk_socket'), 12);
  assert.equal(types.findOffset('sock.state'), 8);
  assert.equal(types.findOffset('sock.nothing'), undefined);
  assert.equal(types.findOffset('nothing.state'), undefined);
});

test('the path of a relocation is that of its indexes, without members that have no name', () => {
  const types = new Btf(sample());
  assert.equal(types.pathOf(3, '0:2'), 'sock.sk_socket');
  assert.equal(types.pathOf(3, '0:1:0'), 'sock.state');
  assert.throws(() => types.pathOf(3, '0:7'), /has no member 7/);
});

test('what is no BTF is refused', () => {
  assert.throws(() => new Btf(Buffer.alloc(64)), { code: 'host', message: 'This is no BTF' });
});

test('functions are found by name, apart from other types of that name', () => {
  const types = new Btf(sample());
  assert.equal(types.findTarget('bpf_lsm_file_open'), 5);
  assert.equal(types.findTarget('sock'), undefined);
});
