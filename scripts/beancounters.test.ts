import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'vitest';
import { Btf } from '#host/bpf/btf.ts';
import { attachments } from '#host/bpf/object.ts';
import { committedPrograms, compilePrograms, compiler, sources } from './beancounters.mjs';

const hasCompiler = spawnSync(compiler, ['--version']).status === 0;

test.skipIf(!hasCompiler).each(Object.keys(sources))(
  `the committed programs are what their source compiles to: %s (needs ${compiler})`,
  (folder) => {
    assert.equal(
      compilePrograms(folder, { Btf, attachments }),
      committedPrograms(folder),
      'run node scripts/beancounters.mjs',
    );
  },
);
