import assert from 'node:assert/strict';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'vitest';
import { check, libcFunction } from './libc.ts';
import { openTerminalPeer, setNonBlocking, setTerminalSize } from './terminals.ts';

const unlockpt = libcFunction('unlockpt', 'int', ['int']);
const ioctl = libcFunction('ioctl', 'int', ['int', 'ulong', 'void*']);
const TIOCGWINSZ = 0x5413;

let master: number;
beforeEach(() => {
  master = openSync('/dev/ptmx', 'r+');
  check('unlockpt', '', unlockpt(master));
});
afterEach(() => closeSync(master));

test('both sides of a terminal have the size that one is given', () => {
  const peer = openTerminalPeer(master);
  setTerminalSize(master, { columns: 120, rows: 40 });
  const size = Buffer.alloc(8);
  check('ioctl', '', ioctl(peer, TIOCGWINSZ, size));
  assert.deepEqual([size.readUInt16LE(0), size.readUInt16LE(2)], [40, 120]);
  closeSync(peer);
});

test('what is written on one side is read on the other', () => {
  const peer = openTerminalPeer(master);
  writeSync(peer, 'text');
  const buffer = Buffer.alloc(10);
  assert.equal(buffer.toString('utf8', 0, readSync(master, buffer)), 'text');
  closeSync(peer);
});

test('a terminal that does not block says when nothing is there', () => {
  const peer = openTerminalPeer(master);
  setNonBlocking(master);
  assert.throws(() => readSync(master, Buffer.alloc(10)), { code: 'EAGAIN' });
  closeSync(peer);
});
