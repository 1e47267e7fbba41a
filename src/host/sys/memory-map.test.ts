import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { test } from 'vitest';
import { isFault } from '#model/fault.ts';
import { interruptEvery } from './interval-timer.ts';
import { interruptibleIoctl, ioctl } from './ioctl.ts';
import { lastErrorCode, libcFunction } from './libc.ts';
import { makeMemoryFile } from './memfd.ts';
import { mapFile, mapMemory } from './memory-map.ts';

const size = 8192;

function makeFile(content: string): number {
  const fd = makeMemoryFile('test');
  ftruncateSync(fd, size);
  writeSync(fd, content, 4096);
  return fd;
}

const contentOf = (fd: number): string => {
  const buffer = Buffer.alloc(5);
  readSync(fd, buffer, 0, buffer.length, 4096);
  return buffer.toString();
};

test('a shared map is the file, a private one keeps its own writes', () => {
  const fd = makeFile('hello');
  const [shared, apart] = [mapFile(fd, size, 'shared'), mapFile(fd, size, 'private')];
  assert.equal(apart.bytes.toString('latin1', 4096, 4101), 'hello');
  apart.bytes.write('apart', 4096);
  assert.equal(contentOf(fd), 'hello');
  shared.bytes.write('moved', 4096);
  assert.equal(contentOf(fd), 'moved');
  assert.equal(apart.bytes.toString('latin1', 4096, 4101), 'apart');
  for (const map of [shared, apart]) map.close();
  closeSync(fd);
});

test('memory is zeroed, and stays where its address says while others come and go', () => {
  const first = mapMemory(size);
  for (let round = 0; round < 100; round += 1) {
    const other = mapMemory(size);
    other.bytes.fill(round);
    other.close();
  }
  assert.ok(first.bytes.every((byte) => byte === 0));
  assert.equal(first.address % 4096, 0);
  first.close();
});

test('a map that the kernel refuses is a host fault', () => {
  assert.throws(
    () => mapFile(-1, size, 'shared'),
    (error) => isFault(error, 'host') && /^mmap 8192 bytes: .*\(EBADF\)$/.test(error.message),
  );
});

const FIONREAD = { name: 'FIONREAD', number: 0x541b };

test('a request fills in its structure, and one that does not fit the file is a host fault by its name', () => {
  const fd = makeFile('');
  const pending = Buffer.alloc(4);
  assert.equal(ioctl(fd, FIONREAD, pending), 0);
  assert.equal(pending.readInt32LE(), size);
  closeSync(fd);
  const nothing = openSync('/dev/null', 'r');
  for (const refused of [
    () => ioctl(nothing, FIONREAD, pending),
    () => interruptibleIoctl(nothing, FIONREAD),
  ]) {
    assert.throws(
      refused,
      (error) => isFault(error, 'host') && /^ioctl FIONREAD: .*\(ENOTTY\)$/.test(error.message),
    );
  }
  closeSync(nothing);
});

test('a timer interrupts a call that would last for ever, again and again until it is stopped', () => {
  const pause = libcFunction('pause', 'int', []);
  const timer = interruptEvery(1);
  for (let round = 0; round < 3; round += 1) {
    assert.equal(pause(), -1);
    assert.equal(lastErrorCode(), 'EINTR');
  }
  timer.stop();
});
