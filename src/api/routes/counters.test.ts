import assert from 'node:assert/strict';
import { test } from 'vitest';
import { request } from '#service/instances/test-request.ts';
import { fakeApi } from '../testing/fake-services.ts';

async function apiWith(state: 'running' | 'stopped') {
  const { api, services } = fakeApi();
  await services.instances.create(request({ name: 'web1', start: state === 'running' }));
  const get = (url: string) => api.app.inject({ method: 'GET', url });
  return { get };
}

test('each counter says what this host can do about it, and leaves out what is not known', async () => {
  const { get } = await apiWith('running');
  const { counters, run } = (await get('/1.0/instances/web1/counters')).json().metadata;
  assert.deepEqual(counters.tcp_sockets, {
    unit: 'items',
    ability: 'limited',
    reason: 'a program of ours is asked',
    held: 2,
    peak: 3,
    limit: 3,
    refusals: 1,
  });
  assert.deepEqual(counters.files, { unit: 'items', ability: 'none', reason: 'nothing counts it', peak: 40 });
  assert.deepEqual(run.network.eth0, { packets_dropped_inbound: 5, packets_dropped_outbound: 6 });
});

test('of an instance that does not run only what was is told', async () => {
  const { get } = await apiWith('stopped');
  const { counters, run, total } = (await get('/1.0/instances/web1/counters')).json().metadata;
  assert.equal(counters.tcp_sockets.refusals, 1);
  assert.equal(run, null);
  assert.equal(total.cpu.usage_ns, 30_000);
});

test('metrics are OpenMetrics text, with one sample for each instance that runs', async () => {
  const { get } = await apiWith('running');
  const { headers, body } = await get('/1.0/metrics');
  assert.match(String(headers['content-type']), /^application\/openmetrics-text/);
  const lines = body.split('\n');
  const labels = 'name="web1",project="default",type="container"';
  assert.ok(lines.includes(`wadah_counter_refusals_total{resource="tcp_sockets",${labels}} 1`));
  assert.ok(lines.includes(`incus_network_receive_drop_total{device="eth0",${labels}} 5`));
  assert.ok(lines.includes(`incus_cpu_seconds_total{cpu="0",mode="user",${labels}} 0.00002`));
  assert.ok(lines.includes(`incus_disk_reads_completed_total{device="vda",${labels}} 3`));
  assert.ok(lines.includes(`incus_memory_MemTotal_bytes{${labels}} 100`));
  assert.ok(!lines.some((line) => line.startsWith('incus_memory_Mapped_bytes{')), 'it is not known');
  assert.deepEqual(lines.slice(-2), ['# EOF', '']);
  for (const line of lines.slice(0, -2))
    assert.match(line, /^(# (TYPE|UNIT|HELP) \w+ |\w+\{.*\} [\d.e+-]+$)/);
});
