import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, fchmodSync, ftruncateSync, readFileSync, writeSync } from 'node:fs';
import { test } from 'vitest';
import { makeMemoryFile, sealMemoryFile } from './memfd.ts';

test('a sealed file in memory can be run and read, and changed by nobody', () => {
  const fd = makeMemoryFile('test');
  try {
    writeSync(fd, readFileSync('/bin/echo'));
    fchmodSync(fd, 0o755);
    sealMemoryFile(fd);
    assert.equal(execFileSync(`/proc/${process.pid}/fd/${fd}`, ['text'], { encoding: 'utf8' }), 'text\n');
    assert.throws(() => writeSync(fd, 'x'), { code: 'EPERM' });
    assert.throws(() => ftruncateSync(fd, 0), { code: 'EPERM' });
  } finally {
    closeSync(fd);
  }
});
