import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { Effect } from './effect.ts';

const useMemory = (mebibytes: number) => `dd if=/dev/zero of=/dev/null bs=${mebibytes}M count=1`;

const hasSwap = readFileSync('/proc/swaps', 'utf8').trim().split('\n').length > 1;

export const memoryEffects: Record<string, Effect> = {
  async 'limits.memory'(web) {
    await web.set({ 'limits.memory': '64MiB' });
    assert.match(await web.says('cat /proc/meminfo'), /^MemTotal:\s+65536 kB/m);
    assert.notEqual((await web.run(useMemory(100))).status, 0);
    await web.unset('limits.memory');
    await web.says(useMemory(100));
  },
  async 'limits.memory.enforce'(web) {
    await web.set({ 'limits.memory': '64MiB' });
    assert.notEqual((await web.run(useMemory(100))).status, 0);
    await web.set({ 'limits.memory.enforce': 'soft' });
    await web.says(useMemory(100));
    await web.unset('limits.memory.enforce');
    assert.notEqual((await web.run(useMemory(100))).status, 0);
  },
  async 'limits.memory.reserve'(web) {
    const total = async () =>
      Number(/^MemTotal:\s+(\d+) kB/m.exec(await web.says('cat /proc/meminfo'))?.[1]) * 1024;
    const usual = await total();
    assert.ok(usual < totalmem() * 0.85, 'the default profile leaves a fifth to others');
    await web.set({ 'limits.memory.reserve': String(totalmem() - 64 * 2 ** 20) });
    assert.equal(await total(), 64 * 2 ** 20);
    assert.notEqual((await web.run(useMemory(100))).status, 0);
    await web.unset('limits.memory.reserve');
    assert.equal(await total(), usual);
  },
  async 'limits.memory.swap'(web, t) {
    if (!hasSwap) t.skip('this host has no swap');
    await web.set({ 'limits.memory': '64MiB', 'limits.memory.swap': 'false' });
    assert.match(await web.says('cat /proc/meminfo'), /^SwapTotal:\s+0 kB/m);
    await web.unset('limits.memory.swap');
    assert.doesNotMatch(await web.says('cat /proc/meminfo'), /^SwapTotal:\s+0 kB/m);
  },
};
