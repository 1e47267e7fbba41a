import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { qmpTypes, readQmpSchema } from '../../../../scripts/qmp-types.mjs';

const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;
const written = readFileSync(join(import.meta.dirname, 'types.gen.ts'), 'utf8');

test.skipIf(!hasQemu)('the installed QEMU has all commands and events that we use (needs QEMU)', () => {
  const installed = readQmpSchema();
  const text = qmpTypes(installed); // throws when one is missing
  if (written.includes(`QEMU ${installed.version}.`)) assert.equal(text, written);
});
