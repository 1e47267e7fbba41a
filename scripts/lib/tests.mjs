import { existsSync, readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Tally */

/**
 * Arguments that let vitest run one project and leave its figures in `report`.
 *
 * @param {'unit' | 'integration'} project
 * @param {string} report
 * @param {string[]} [more] such as names of files
 */
export const vitest = (project, report, more = []) => [
  process.execPath,
  'node_modules/vitest/vitest.mjs',
  'run',
  `--project=${project}`,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...more,
];

/**
 * @param {string} report
 * @param {boolean} isOk whether vitest itself ended well; errors outside of tests count as one failure
 * @returns {Tally}
 */
export function readTally(report, isOk) {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [] };
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  /** @type {{ status: string, fullName: string }[]} */
  const tests = testResults.flatMap((/** @type {any} */ file) => file.assertionResults);
  const failed = tests.filter(({ status }) => status === 'failed').length;
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: isOk ? failed : Math.max(1, failed),
    skipped: tests
      .filter(({ status }) => !['passed', 'failed'].includes(status))
      .map(({ fullName }) => fullName),
  };
}
