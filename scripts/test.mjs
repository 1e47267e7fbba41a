#!/usr/bin/env node
// `npm test`: builds, checks, and runs the tests on the real parts of this host.
//   --only TEXT   only integration tests whose path contains TEXT, without the check
//   --no-skips    a skipped test counts as failed
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { check } from './check.mjs';
import { hostObjects, leftBehind, runVariable } from './lib/host-objects.mjs';
import { heading, paint, runLoudly, seconds } from './lib/steps.mjs';
import { runTests } from './lib/tests.mjs';

/** @typedef {import('./lib/tests.mjs').Tally} Tally */

/** The integration tests, and one test more: the host is afterwards as it was before. @param {string[]} names */
async function testOnHost(names) {
  const run = randomUUID();
  const before = hostObjects(run);
  const tally = await runTests('integration', names, async (argv, env) => {
    return (await runLoudly(argv, { ...env, [runVariable]: run })) === 0;
  });
  const left = await leftBehind(before, run);
  for (const object of left) console.log(`${paint('red', 'left behind')}: ${object}`);
  if (left.length === 0) console.log('Nothing was left behind on this host.');
  return left.length === 0 ? { ...tally, passed: tally.passed + 1 } : { ...tally, failed: tally.failed + 1 };
}

const { values } = parseArgs({ options: { only: { type: 'string' }, 'no-skips': { type: 'boolean' } } });
const begin = performance.now();
// It slows every start of Node 20 down.
delete process.env['NODE_EXTRA_CA_CERTS'];

heading('Build');
if ((await runLoudly([process.execPath, 'scripts/build.mjs'])) !== 0) {
  console.log('0 passed, 1 failed');
  process.exit(1);
}

/** @type {Tally[]} */
const tallies = [];
if (values.only === undefined) {
  heading('Check');
  tallies.push(await check());
}
heading('Tests on this host');
tallies.push(await testOnHost(values.only === undefined ? [] : [values.only]));

const skipped = tallies.flatMap((tally) => tally.skipped);
const sum = (/** @type {'passed' | 'failed'} */ key) =>
  tallies.reduce((total, tally) => total + tally[key], 0);
const failed = sum('failed') + (values['no-skips'] ? skipped.length : 0);
for (const name of skipped) console.log(`${paint('dim', 'skipped')}: ${name}`);
console.log(`\nTook ${seconds(begin)}`);
console.log(`${sum('passed')} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
