import { writeFileSync } from 'node:fs';

/** Tells vitest to write its figures, with the reason of every skip, into the file that `WADAH_TALLY` names. */
export default class TallyReporter {
  /** @param {readonly import('vitest/node').TestModule[]} modules @param {readonly unknown[]} errors outside of tests */
  onTestRunEnd(modules, errors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (/** @type {string} */ state) => tests.filter((test) => test.result().state === state);
    const broken = modules.filter((module) => module.errors().length > 0).length;
    /** @type {import('./tests.mjs').Tally} */
    const tally = {
      passed: inState('passed').length,
      failed: inState('failed').length + broken + errors.length,
      skipped: inState('skipped').map((test) => {
        const result = test.result();
        return `${test.fullName} (${(result.state === 'skipped' && result.note) || 'no reason given'})`;
      }),
    };
    writeFileSync(process.env['WADAH_TALLY'] ?? '', JSON.stringify(tally));
  }
}
