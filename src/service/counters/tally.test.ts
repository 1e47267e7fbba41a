import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { Counters } from '#model/counter.ts';
import type { FlatFlows } from './flows.ts';
import { emptyTally, notice as take, shown, type Tally, totalFlows } from './tally.ts';

const notice = (tally: Tally, runId: string, counters: Counters, flows: FlatFlows = {}) =>
  take(tally, { runId, counters, flows });

test('refusals and peaks add up over runs, and held is of the one that goes on', () => {
  const first = notice(emptyTally, 'a', { tcp_sockets: { held: 3, peak: 7, limit: 7, refusals: 2 } }).tally;
  const now = { tcp_sockets: { held: 1, peak: 4, limit: 9, refusals: 1 } };
  const second = notice(first, 'b', now);
  assert.deepEqual(second.rises, [{ resource: 'tcp_sockets', by: 1 }]);
  assert.deepEqual(shown(second.tally, now), {
    tcp_sockets: { held: 1, peak: 7, barrier: 9, limit: 9, refusals: 3 },
  });
});

test('the barrier is where the kernel begins to press: the limit, unless it says otherwise', () => {
  const now = { memory: { barrier: 5 }, swap: { barrier: 5, limit: 9 }, processes: { limit: 9 } };
  const counters = shown(emptyTally, now);
  assert.deepEqual(counters, { ...now, processes: { barrier: 9, limit: 9 } });
});

test('a run that is seen twice counts once, and only what is new is told as a rise', () => {
  const { tally } = notice(emptyTally, 'a', { processes: { held: 1, refusals: 5 } });
  const again = notice(tally, 'a', { processes: { held: 1, refusals: 5 } });
  assert.deepEqual(again, { tally, rises: [] });
  const more = notice(tally, 'a', { processes: { held: 1, refusals: 6 } });
  assert.deepEqual(more.rises, [{ resource: 'processes', by: 1 }]);
  assert.equal(shown(more.tally, {}).processes?.refusals, 6);
});

test('where the kernel keeps no peak, it is the most that was seen', () => {
  const { tally } = notice(emptyTally, 'a', { files: { held: 40 } });
  const after = notice(tally, 'a', { files: { held: 10 } }).tally;
  assert.deepEqual(shown(after, { files: { held: 10 } }), { files: { held: 10, peak: 40 } });
});

test('of a stopped instance its peaks and refusals are known', () => {
  const now = { files: { held: 40 }, processes: { held: 2, peak: 3, refusals: 1 } };
  const { tally } = notice(emptyTally, 'a', now);
  assert.deepEqual(shown(tally, {}), { files: { peak: 40 }, processes: { peak: 3, refusals: 1 } });
  // Its disk is there, and files may have been pushed onto it.
  assert.deepEqual(shown(tally, { files: { held: 50 } }).files, { held: 50, peak: 50 });
});

test('what only grows adds up over runs, also when it begins anew within one', () => {
  const seen = (tally: Tally, runId: string, reads: number) =>
    notice(tally, runId, {}, { 'io/vda/reads': reads }).tally;
  const first = seen(seen(emptyTally, 'a', 5), 'a', 7);
  assert.deepEqual(totalFlows(first), { 'io/vda/reads': 7 });
  const second = seen(first, 'b', 2);
  assert.deepEqual(totalFlows(second), { 'io/vda/reads': 9 });
  assert.deepEqual(totalFlows(seen(second, 'b', 1)), { 'io/vda/reads': 10 });
  // What an earlier version kept has none.
  assert.deepEqual(totalFlows({ past: {}, run: {}, runId: 'a' }), {});
});
