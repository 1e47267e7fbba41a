import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Tally */

/**
 * Runs one project of vitest and reads its figures.
 *
 * @param {'unit' | 'integration'} project
 * @param {string[]} names parts of paths of test files; none: all
 * @param {(argv: string[], env: Record<string, string>) => Promise<boolean>} run resolves to whether it ended well
 * @returns {Promise<Tally>}
 */
export async function runTests(project, names, run) {
  const folder = mkdtempSync(join(tmpdir(), 'npm-test-'));
  const file = join(folder, 'tally.json');
  const shown = project === 'unit' ? 'minimal' : 'default';
  const reporters = [`--reporter=${shown}`, '--reporter=./scripts/lib/tally-reporter.mjs'];
  const argv = [
    process.execPath,
    'node_modules/vitest/vitest.mjs',
    'run',
    `--project=${project}`,
    ...reporters,
  ];
  try {
    const isOk = await run([...argv, ...names], { WADAH_TALLY: file });
    const tally = readTally(file);
    return isOk || tally.failed > 0 ? tally : { ...tally, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} file @returns {Tally} */
function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: [] }; // vitest died before its end
  }
}
