import { describe, expect, test } from 'vitest';
import { asFault, Fault, isFault } from './fault.ts';

describe('asFault', () => {
  test('keeps a fault as it is', () => {
    const fault = new Fault('busy', 'Not now', { hint: 'Wait.', cause: 'why' });
    expect(asFault(fault)).toBe(fault);
    expect(fault).toMatchObject({ code: 'busy', message: 'Not now', hint: 'Wait.', cause: 'why' });
  });

  test('takes an abort for a cancel', () => {
    expect(asFault(AbortSignal.abort().reason)).toMatchObject({ code: 'cancelled' });
  });

  test('takes a full disk for what it is, wherever it was met', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, mkdir'), { code: 'ENOSPC' });
    expect(asFault(error)).toMatchObject({
      code: 'insufficient',
      message: 'The disk is full (ENOSPC: no space left on device, mkdir)',
      hint: expect.stringContaining('Delete'),
    });
  });

  test('takes everything else for a bug of ours, and keeps it as the cause', () => {
    const bug = new TypeError('x is undefined');
    expect(asFault(bug)).toMatchObject({ code: 'internal', message: 'x is undefined', cause: bug });
    expect(asFault('text')).toMatchObject({ code: 'internal', message: 'text' });
  });
});

test('isFault tells faults from other errors, and one code from another', () => {
  const fault = new Fault('exists', 'Taken');
  expect(isFault(fault)).toBe(true);
  expect(isFault(fault, 'exists')).toBe(true);
  expect(isFault(fault, 'busy')).toBe(false);
  expect(isFault(new Error('Taken'))).toBe(false);
});
