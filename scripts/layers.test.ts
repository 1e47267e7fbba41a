import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkLayers } from './layers.mjs';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What the check says of these files. */
function violationsOf(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'wadah-layers-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return checkLayers(folder).violations;
}

test('imports that point down, lie near or enter by an interface pass', () => {
  const violations = violationsOf({
    'base/units.ts': 'export const one = 1;\n',
    'model/fault.ts': "import { one } from '#base/units.ts';\nexport const fault = one;\n",
    'host/process/programs.ts': "import { fault } from '#model/fault.ts';\nexport const run = fault;\n",
    'engine/engine.ts':
      "import {\n  run,\n} from '#host/process/programs.ts';\nexport type Engine = typeof run;\n",
    'engine/fake/fake.ts': "import type { Engine } from '../engine.ts';\nexport type Fake = Engine;\n",
    'service/instances/a.test.ts':
      "import type { Fake } from '#engine/fake/fake.ts';\nexport type T = Fake;\n",
    'cli/main.ts':
      "import type { W } from '#contract/words.ts';\nawait import('./lazy.ts');\nexport type V = W;\n",
    'cli/lazy.ts': "import 'commander';\n",
    'contract/words.ts': "import { Type } from 'typebox';\nexport type W = typeof Type;\n",
  });
  expect(violations).toEqual([]);
});

test.each([
  [
    'an import that points up',
    { 'model/a.ts': "export { b } from '#store/b.ts';\n", 'store/b.ts': '' },
    'model must not',
  ],
  [
    'a type that points up',
    { 'base/a.ts': "import type { B } from '#model/b.ts';\n", 'model/b.ts': '' },
    'base must not',
  ],
  [
    'a lazy import that points up',
    { 'host/x/a.ts': "await import('#engine/b.ts');\n", 'engine/b.ts': '' },
    'host must not',
  ],
  [
    'an API that reaches an engine',
    { 'api/a.ts': "import '#engine/b.ts';\n", 'engine/b.ts': '' },
    'api must not',
  ],
  [
    'schemas in the command line',
    { 'cli/a.ts': "import { b } from '#contract/b.ts';\n", 'contract/b.ts': '' },
    'cli must not',
  ],
  [
    'an import of the inside of a folder',
    { 'service/x/a.ts': "import '#engine/crun/b.ts';\n", 'engine/crun/b.ts': '' },
    'inside engine/',
  ],
  [
    'an import of the inside of a unit',
    { 'engine/a.ts': "import '#host/x/y/b.ts';\n", 'host/x/y/b.ts': '' },
    'inside host/x/',
  ],
  [
    'a relative path into another folder',
    { 'store/a.ts': "import '../model/b.ts';\n", 'model/b.ts': '' },
    'use #model/b.ts',
  ],
  [
    'an absolute path into the own folder',
    { 'store/a.ts': "import '#store/b.ts';\n", 'store/b.ts': '' },
    'import it relatively',
  ],
  ['an import of nothing', { 'store/a.ts': "import './b.ts';\n" }, 'names no file'],
  [
    'a package outside of the folder that hides it',
    { 'engine/a.ts': "import koffi from 'koffi';\n" },
    'only host/sys',
  ],
  [
    'two files that need each other',
    { 'base/a.ts': "import './b.ts';\n", 'base/b.ts': "import './a.ts';\n" },
    'circle: base/a.ts → base/b.ts',
  ],
])('%s is found', (_, files, complaint) => {
  expect(violationsOf(files)).toEqual([expect.stringContaining(complaint)]);
});
