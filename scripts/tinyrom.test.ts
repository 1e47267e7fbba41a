import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'vitest';
import { assembleTinyrom } from './tinyrom.mjs';
import { tinyrom } from '#host/kvm/tinyrom.ts';

const hasBinutils = ['as', 'ld'].every((name) => spawnSync(name, ['--version']).status === 0);

test('the firmware has 64 KiB and a jump at the reset vector', () => {
  const firmware = tinyrom();
  assert.equal(firmware.length, 65536);
  assert.equal(firmware[0xfff0], 0xea);
});

test.skipIf(!hasBinutils)('the packed firmware is what its source assembles to (needs binutils)', () => {
  assert.ok(assembleTinyrom().equals(tinyrom()), 'run node scripts/tinyrom.mjs');
});
