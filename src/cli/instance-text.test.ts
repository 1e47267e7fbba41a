import { expect, test } from 'vitest';
import { processesText } from './instance-text.ts';

test('how many processes there are is told where it is known', () => {
  expect(processesText({ processes: 4 })).toBe('4');
  expect(processesText({ processes: -1 })).toBe('');
});
