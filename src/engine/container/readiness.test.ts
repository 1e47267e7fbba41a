import assert from 'node:assert/strict';
import { test } from 'vitest';
import { isReady } from './readiness.ts';

test('of what an init says, only being ready matters', () => {
  assert.ok(isReady('READY=1\nSTATUS=Ready.'));
  assert.ok(isReady('STATUS=Ready.\nREADY=1'));
  for (const text of ['STATUS=READY=1', 'X_READY=1', 'READY=10', 'STOPPING=1', ''])
    assert.ok(!isReady(text), text);
});
