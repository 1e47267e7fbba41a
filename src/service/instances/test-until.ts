import assert from 'node:assert/strict';

/** For tests: lets what follows an event come to its end. */
export async function until(claim: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    if (await claim()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail('it did not come true');
}
