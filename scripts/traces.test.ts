import { expect, test } from 'vitest';
import { traceIn } from './traces.mjs';

const forbidden = ['packages.example.net', '/data/'];

test.each([
  ['"resolved": "https://packages.example.net/x.tgz"', 'packages.example.net'],
  ['cd /data/checkout', '/data/'],
  ['see "/data/notes.md"', '/data/'],
  ['roots/ID/data/file', undefined],
  ['`${folder}/data/file`', undefined],
  ['mirror.packages.example.net', undefined],
])('%s has the trace %s', (line, trace) => {
  expect(traceIn(line, forbidden)).toBe(trace);
});
