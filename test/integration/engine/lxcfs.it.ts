import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { CrunEngine } from '#engine/container/crun-engine.ts';
import { eventually } from '../../harness/host.ts';
import { inside, never } from './guest-program.ts';
import { TestContainers } from './test-containers.ts';

const ids = ['00000001', '00000002'];
let containers: TestContainers;
let engine: CrunEngine;

beforeAll(async () => {
  containers = await TestContainers.open();
  engine = await containers.engine();
  for (const [number, id] of ids.entries()) {
    const config = { 'limits.memory': '64MiB' };
    await engine.start(await containers.plan(id, { number: number + 1, config }), never);
  }
});
afterAll(() => containers.close(engine, ...ids));

test('containers see their own memory again after lxcfs has died', async () => {
  const pid = Number(await readFile(path.join(containers.host.run, 'lxcfs.pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  for (const id of ids) {
    await eventually(async () => {
      const { stdout } = await inside(engine, id, 'cat /proc/meminfo');
      assert.match(stdout, /^MemTotal:\s+65536 kB/m);
    });
  }
});

test('its load, its processors and its time since boot are its own', async () => {
  const [id = ''] = ids;
  const { stdout } = await inside(engine, id, 'cat /proc/uptime');
  const hostUptime = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);
  assert.ok(Number(stdout.split(' ')[0]) < hostUptime / 2, stdout);
});
