import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { CpuPlacement, formatCpuList, parseCpuList } from './cpus.ts';

const eight = parseCpuList('0-7');

test('lists of processors are read as the kernel writes them', () => {
  assert.deepEqual(parseCpuList('0-3,8,10-11'), [0, 1, 2, 3, 8, 10, 11]);
  assert.deepEqual(parseCpuList(''), []);
  assert.equal(formatCpuList([0, 2]), '0,2');
});

test('instances that ask for a number of processors are spread over all of them', () => {
  const placement = new CpuPlacement(eight);
  const chosen = ['a', 'b', 'c', 'd'].map((id) => placement.place(id, { count: 2 }));
  assert.deepEqual(new Set(chosen.flat()), new Set(eight));
});

test('no processor ever has two instances more than another', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 40 }), (counts) => {
      const placement = new CpuPlacement(eight);
      const load = new Map(eight.map((cpu) => [cpu, 0]));
      counts.forEach((count, index) => {
        const cpus = placement.place(String(index), { count }) ?? [];
        assert.equal(new Set(cpus).size, count);
        for (const cpu of cpus) load.set(cpu, (load.get(cpu) ?? 0) + 1);
      });
      assert.ok(Math.max(...load.values()) - Math.min(...load.values()) <= 1);
    }),
  );
});

test('an instance that asks again keeps the processors it has', () => {
  const placement = new CpuPlacement(eight);
  placement.place('other', { count: 3 });
  const before = placement.place('a', { count: 2 }) ?? [];
  const more = placement.place('a', { count: 4 }) ?? [];
  assert.ok(before.every((cpu) => more.includes(cpu)));
  assert.deepEqual(placement.place('a', { count: 4 }), more);
});

test('what outlived the daemon counts, and what was released does not', () => {
  const placement = new CpuPlacement([0, 1]);
  placement.adopt('a', [0]);
  assert.deepEqual(placement.place('b', { count: 1 }), [1]);
  placement.release('a');
  assert.deepEqual(placement.place('c', { count: 1 }), [0]);
});

test('as many as there are, or more, or none asked for, is no limit', () => {
  const placement = new CpuPlacement([0, 1]);
  assert.equal(placement.place('a', { count: 2 }), undefined);
  assert.equal(placement.place('a', { count: 64 }), undefined);
  assert.equal(placement.place('a', undefined), undefined);
});

test('a set is taken as it is, as far as the host has it', () => {
  const placement = new CpuPlacement(eight);
  assert.deepEqual(placement.place('a', { set: [6, 7, 8] }), [6, 7]);
  assert.throws(() => placement.place('a', { set: [8, 9] }), {
    code: 'insufficient',
    message: 'This host has none of the processors 8,9',
  });
});
