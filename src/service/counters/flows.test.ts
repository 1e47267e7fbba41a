import assert from 'node:assert/strict';
import { test } from 'vitest';
import { flatten, unflatten } from './flows.ts';

test('what was flattened comes back as it was', () => {
  const flows = unflatten({ 'throttling/periods': 3, 'io/vda/reads': 5, 'network/eth0/sentDropped': 7 });
  assert.equal(flows.throttling.periods, 3);
  assert.equal(flows.pressure.io.fullMicroseconds, 0);
  assert.deepEqual(unflatten(flatten(flows)), flows);
});
