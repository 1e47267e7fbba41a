import assert from 'node:assert/strict';
import { test } from 'vitest';
import { parseQueueDrops, readQueueDrops } from './queue-drops.ts';

test('what a queue dropped is read from the kernel’s answer', () => {
  const answer = [
    '00000000c300000000005880ffffffff03000000', // about which queue
    '0800010074626600', // its kind: tbf
    '30000700', // counts, two of them
    '14000100561b0000000000000d00000000000000', // bytes and packets
    '18000300000000000000000029010000000000004901000000', // in the queue, dropped, over the limit
  ];
  assert.equal(parseQueueDrops(Buffer.from(answer.join(''), 'hex')), 297);
});

test('a link that is not there has dropped nothing', async () => {
  assert.equal(await readQueueDrops('nowhere'), 0);
});
