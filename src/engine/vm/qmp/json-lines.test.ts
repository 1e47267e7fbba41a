import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { JsonLines } from './json-lines.ts';

test('documents arrive whole, however the bytes are cut', () => {
  const documents = fc.array(
    fc.record({ text: fc.string({ unit: 'grapheme' }), count: fc.integer() }, { noNullPrototype: true }),
  );
  fc.assert(
    fc.property(documents, fc.integer({ min: 1, max: 7 }), (wanted, size) => {
      const bytes = Buffer.from(wanted.map((one) => `${JSON.stringify(one)}\r\n`).join(''));
      const lines = new JsonLines();
      const got: unknown[] = [];
      for (let at = 0; at < bytes.length; at += size) got.push(...lines.push(bytes.subarray(at, at + size)));
      assert.deepEqual(got, wanted);
    }),
  );
});

test('what is no JSON, and a line without an end, are errors', () => {
  assert.throws(() => new JsonLines().push(Buffer.from('hello\n')), SyntaxError);
  assert.throws(() => new JsonLines(10).push(Buffer.from('"0123456789')), SyntaxError);
});
