import { expect, test } from 'vitest';
import { etagOf } from './etag.ts';

test('the etag of a document does not depend on the order of its keys, at any depth', () => {
  expect(etagOf({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(etagOf({ b: [{ d: 3, c: 2 }], a: 1 }));
});

test('documents that differ in a value, a key or the order of a list have different etags', () => {
  const documents = [{ a: [1, 2] }, { a: [2, 1] }, { a: [1, 3] }, { b: [1, 2] }, {}, [], null, '', 0];
  expect(new Set(documents.map(etagOf)).size).toBe(documents.length);
});
