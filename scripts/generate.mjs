#!/usr/bin/env node
// Writes docs/reference/ from the code. With --check: says which of its files are not what the code would write.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadTypeScript } from './lib/load-typescript.mjs';
import { needs } from './lib/needs.mjs';

const folder = 'docs/reference';

/**
 * What each document is made by: an export of a source file that returns its text.
 *
 * @type {Record<string, { module: string, name: string }>}
 */
const generators = {
  'cli.md': { module: 'src/cli/reference.ts', name: 'cliText' },
  'config.md': { module: 'src/cli/config-reference.ts', name: 'configText' },
  'doctor.md': { module: 'src/host/doctor/reference.ts', name: 'doctorText' },
  'counters.md': { module: 'src/service/counters/reference.ts', name: 'countersText' },
  'metrics.md': { module: 'src/api/views/metrics-reference.ts', name: 'metricsPage' },
  'exit-codes.md': { module: 'src/cli/reference.ts', name: 'exitCodesText' },
  'openapi.json': { module: 'src/api/openapi/generate.ts', name: 'openApiText' },
};

/** The packages that Wadah needs of the host, as a page. */
async function packagesPage() {
  const rows = (await needs()).map(({ name, kind, reason }) => `| ${name} | ${kind} | ${reason} |`);
  return [
    '# Packages',
    '',
    'What Wadah needs of a Debian or Ubuntu host. `run`: the daemon; `build`: building images; `test`: `npm test`;',
    'with `?` only where the archive has it. `scripts/install-needs npm run build` installs what is missing.',
    '',
    '| package | kind | what for |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** @returns {Promise<Map<string, string>>} */
async function documents() {
  const texts = new Map([['packages.md', await packagesPage()]]);
  for (const [file, { module, name }] of Object.entries(generators)) {
    texts.set(file, await (await loadTypeScript(module))[name]());
  }
  return texts;
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
await mkdir(folder, { recursive: true });
for (const [file, text] of await documents()) {
  const path = join(folder, file);
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) continue;
  if (values.check) {
    console.error(`${path} is not what the code says: run npm run generate`);
    process.exitCode = 1;
  } else {
    await writeFile(path, text);
    console.log(`${path} written`);
  }
}
