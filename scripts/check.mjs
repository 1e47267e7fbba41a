#!/usr/bin/env node
// Everything that can be told without root: `npm run check`. Imported by test.mjs for its figures.
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { paint, runSteps, seconds } from './lib/steps.mjs';
import { runTests } from './lib/tests.mjs';

const { execPath: node } = process;

/** @type {import('./lib/steps.mjs').Step[]} */
const steps = [
  { name: 'types', argv: ['node_modules/.bin/tsc', '-p', '.'] },
  { name: 'format', argv: ['node_modules/.bin/biome', 'format', '.'] },
  { name: 'lint', argv: ['node_modules/.bin/oxlint', '--deny-warnings'] },
  { name: 'layers', argv: [node, 'scripts/layers.mjs'] },
  { name: 'dead code', argv: ['node_modules/.bin/knip'] },
  { name: 'generated references', argv: [node, 'scripts/generate.mjs', '--check'] },
  { name: 'traces of this machine', argv: [node, 'scripts/traces.mjs'] },
];

/** @returns {Promise<import('./lib/tests.mjs').Tally>} of unit tests; every other step counts as one */
export async function check() {
  /** @type {import('./lib/steps.mjs').StepResult[]} */
  let results = [];
  const unit = await runTests('unit', [], async (argv, env) => {
    results = await runSteps([...steps, { name: 'unit tests', argv, env }]);
    return results.pop()?.isOk === true;
  });
  const failed = results.filter(({ isOk }) => !isOk).length;
  return { ...unit, passed: unit.passed + results.length - failed, failed: unit.failed + failed };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const begin = performance.now();
  const { passed, failed } = await check();
  console.log(
    `\n${paint(failed > 0 ? 'red' : 'green', `${passed} passed, ${failed} failed`)} in ${seconds(begin)}`,
  );
  process.exitCode = failed > 0 ? 1 : 0;
}
