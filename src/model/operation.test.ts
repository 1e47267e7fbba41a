import { expect, test } from 'vitest';
import { isFinal, operationStates } from './operation.ts';

test('an operation has ended when it succeeded, failed or was cancelled, and in no other state', () => {
  expect(operationStates.filter(isFinal)).toEqual(['succeeded', 'failed', 'cancelled']);
});
