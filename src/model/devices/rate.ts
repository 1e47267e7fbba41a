import { parseBytes } from '#base/units.ts';
import type { ValueKind } from '../config/kinds.ts';

/** How fast a disk may be used, in one second. */
export type IoRate = { bytes: number } | { operations: number };

export const ioRate: ValueKind<IoRate> = {
  parse(text) {
    const operations = Number(/^(\d{1,9})iops$/.exec(text)?.[1] ?? 0);
    if (operations > 0) return { operations };
    const bytes = parseBytes(text);
    return bytes === undefined || bytes < 4096 ? undefined : { bytes };
  },
  expects: 'bytes in a second such as 10MiB, or operations such as 500iops',
  examples: ['10MiB', '100MiB', '500iops'],
};
