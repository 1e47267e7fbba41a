import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBytes, parseBytes } from './units.ts';

describe('parseBytes', () => {
  test.each([
    ['0', 0],
    ['4096', 4096],
    ['10B', 10],
    ['1kB', 1000],
    ['1KiB', 1024],
    ['1.5MB', 1_500_000],
    [' 2 GiB ', 2 * 2 ** 30],
    ['1TiB', 2 ** 40],
  ])('reads "%s" as %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each([
    '',
    'GiB',
    '1 2',
    '-1',
    '1e3',
    '1.',
    '.5',
    '1gib',
    '1KIB',
    '0x10',
    '1 constructor',
    '9EB',
    'Infinity',
  ])('does not read "%s"', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });

  test('reads every whole number of bytes as itself', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseBytes(String(bytes))).toBe(bytes);
      }),
    );
  });
});

describe('formatBytes', () => {
  test.each([
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1KiB'],
    [1536, '1.5KiB'],
    [-2048, '-2KiB'],
    [2 ** 30, '1GiB'],
    [2 ** 53, '8PiB'],
  ])('prints %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('prints what parseBytes reads back, to one percent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 52 }), (bytes) => {
        const back = parseBytes(formatBytes(bytes)) ?? Number.NaN;
        expect(Math.abs(back - bytes)).toBeLessThanOrEqual(bytes / 100);
      }),
    );
  });
});
