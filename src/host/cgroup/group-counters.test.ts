import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import { readGroupCounters } from './group-counters.ts';

function groupsWith(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'wadah-groups-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), `${text}\n`);
  }
  return root;
}
const pressure =
  'some avg10=0.00 avg60=0.00 avg300=0.00 total=70\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=30';
const folders = (group: string, v1: Record<string, string> = {}) => ({
  group,
  v1,
  ociPath: '',
  payload: '',
  exec: '',
});

test('a v2 group tells held, peak, barrier, limit and refusals, and leaves out what is no limit', () => {
  const group = groupsWith({
    'memory.current': '4096',
    'memory.peak': '8192',
    'memory.high': '33554432',
    'memory.max': '67108864',
    'memory.swap.current': '0',
    'memory.swap.max': '4096',
    'memory.swap.events': 'high 0\nmax 4\nfail 6',
    'memory.events': 'low 0\nhigh 0\nmax 9\noom 3\noom_kill 2',
    'pids.current': '4',
    'pids.max': 'max',
    'pids.events': 'max 5',
    'cpu.stat': 'usage_usec 100\nuser_usec 70\nsystem_usec 30\nnr_throttled 3\nthrottled_usec 2500',
    'cpu.pressure': pressure,
    'io.stat':
      '999:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n999:1 rbytes=10 wbytes=20 rios=30 wios=40',
    'memory.stat': 'anon 11\nfile 12\nfile_mapped 13',
  });
  const {
    counters,
    processorTime,
    throttling,
    pressure: waits,
    io,
    memoryUse,
  } = readGroupCounters(folders(group));
  assert.deepEqual(counters.memory, {
    held: 4096,
    peak: 8192,
    barrier: 33_554_432,
    limit: 67_108_864,
    refusals: 2,
  });
  assert.deepEqual(counters.swap, { held: 0, limit: 4096, refusals: 4 });
  assert.deepEqual(counters.processes, { held: 4, refusals: 5 });
  assert.deepEqual(throttling, { periods: 3, microseconds: 2500 });
  assert.deepEqual(waits.cpu, { someMicroseconds: 70, fullMicroseconds: 30 });
  assert.deepEqual(processorTime, { userMicroseconds: 70, systemMicroseconds: 30 });
  assert.deepEqual(io, {
    '999:0': { readBytes: 1, writtenBytes: 2, reads: 3, writes: 4 },
    '999:1': { readBytes: 10, writtenBytes: 20, reads: 30, writes: 40 },
  });
  assert.deepEqual(memoryUse(), { anonymous: 11, cached: 12, mapped: 13 });
});

test('a refused fork counts, whether the kernel notes it where the limit is or where the process was', () => {
  const of = (files: Record<string, string>) =>
    readGroupCounters(folders(groupsWith({ 'pids.events': 'max 5', ...files }))).counters.processes?.refusals;
  const below = { 'payload/pids.events': 'max 2', 'payload/system.slice/pids.events': 'max 1' };
  assert.equal(of(below), 8);
  assert.equal(of({ ...below, 'pids.events.local': 'max 0' }), 5);
});

test('groups of v1 tell the same from their own files; pressure comes from the v2 group', () => {
  const root = groupsWith({
    'v2/cpu.pressure': pressure,
    'memory/memory.usage_in_bytes': '4096',
    'memory/memory.max_usage_in_bytes': '8192',
    'memory/memory.memsw.usage_in_bytes': '5096',
    'memory/memory.memsw.limit_in_bytes': '12288',
    'memory/memory.limit_in_bytes': '9216',
    'memory/memory.soft_limit_in_bytes': '9223372036854771712',
    'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2',
    'memory/memory.stat': 'cache 1\ntotal_cache 12\ntotal_rss 11',
    'pids/pids.current': '4',
    'pids/pids.max': '12',
    'pids/pids.events': 'max 5',
    'cpu/cpu.stat': 'nr_periods 9\nnr_throttled 3\nthrottled_time 2500000',
    'blkio/blkio.throttle.io_service_bytes': '999:0 Read 1\n999:0 Write 2\n999:0 Total 3\nTotal 3',
    'blkio/blkio.throttle.io_serviced': '999:0 Read 3\n999:0 Write 4',
  });
  const v1 = Object.fromEntries(['memory', 'pids', 'blkio'].map((name) => [name, join(root, name)]));
  const {
    counters,
    throttling,
    pressure: waits,
    io,
    memoryUse,
  } = readGroupCounters(folders(join(root, 'v2'), { ...v1, 'cpu,cpuacct': join(root, 'cpu') }));
  assert.deepEqual(counters.memory, { held: 4096, peak: 8192, limit: 9216, refusals: 2 });
  assert.deepEqual(counters.swap, { held: 1000, limit: 3072 });
  assert.deepEqual(counters.processes, { held: 4, limit: 12, refusals: 5 });
  assert.deepEqual(throttling, { periods: 3, microseconds: 2500 });
  assert.deepEqual(waits.cpu, { someMicroseconds: 70, fullMicroseconds: 30 });
  assert.deepEqual(io, { '999:0': { readBytes: 1, writtenBytes: 2, reads: 3, writes: 4 } });
  assert.deepEqual(memoryUse(), { anonymous: 11, cached: 12 });
});

test('files that a kernel lacks leave their numbers out', () => {
  assert.deepEqual(readGroupCounters(folders(groupsWith({}), {})).counters.processes, {});
});
