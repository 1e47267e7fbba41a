import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'vitest';
import { Btf } from '#host/bpf/btf.ts';
import { attachments } from '#host/bpf/object.ts';
import { committedPrograms, compilePrograms, compiler } from './beancounters.mjs';

const hasCompiler = spawnSync(compiler, ['--version']).status === 0;

test.skipIf(!hasCompiler)(
  `the committed programs are what their source compiles to (needs ${compiler})`,
  () => {
    assert.equal(
      compilePrograms({ Btf, attachments }),
      committedPrograms(),
      'run node scripts/beancounters.mjs',
    );
  },
);
