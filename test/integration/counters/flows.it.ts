import assert from 'node:assert/strict';
import { test } from 'vitest';
import { eventually, testHost, type TestHost } from '../../harness/host.ts';

const countersOf = (host: TestHost) =>
  host.client.read('/1.0/instances/{name}/counters', { params: { name: 'web' } });

const inside = (host: TestHost, script: string) => host.wadah(['exec', 'web', '--', 'sh', '-c', script]);

test('what was held back, dropped, read and written is counted, and kept over restarts', async (t) => {
  const host = await testHost(t);
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'web', '-c', 'limits.cpu.allowance=10ms/100ms');
  await host.must('config', 'device', 'set', 'web', 'eth0', 'limits.egress=8kbit');
  await inside(host, 'dd if=/dev/zero of=/root/file bs=64k count=16 oflag=direct');
  // More at once than the queue has room for: one packet in forty pieces.
  await inside(host, 'ping -c 2 -W 1 -s 60000 $(ip route | sed -n "s/default via \\([^ ]*\\).*/\\1/p")');
  await inside(host, '(while :; do :; done) >/dev/null 2>&1 &');
  const before = await eventually(async () => {
    const { total, run } = await countersOf(host);
    assert.deepEqual(total, run);
    assert.ok(total.cpu.throttled_periods > 2 && total.cpu.throttled_us > 0);
    assert.ok((total.network['eth0']?.packets_dropped_outbound ?? 0) > 10);
    assert.ok(
      Object.values(total.io).some(({ written_bytes, writes }) => written_bytes >= 2 ** 20 && writes > 0),
    );
    return total;
  });

  await host.must('restart', '--force', 'web');
  await host.endDaemon('SIGKILL');
  await host.startDaemon();
  const { total, run } = await countersOf(host);
  assert.ok(total.cpu.throttled_periods >= before.cpu.throttled_periods);
  assert.ok(total.cpu.usage_ns >= before.cpu.usage_ns + (run?.cpu.usage_ns ?? 0));
  const dropped = before.network['eth0']?.packets_dropped_outbound ?? 0;
  assert.ok((total.network['eth0']?.packets_dropped_outbound ?? 0) >= dropped);
  assert.ok((run?.network['eth0']?.packets_dropped_outbound ?? dropped) < dropped);
  const metrics = await host.must('query', '/1.0/metrics');
  const drops = /^incus_network_transmit_drop_total\{device="eth0",name="web",.*\} (\d+)$/m.exec(metrics);
  assert.ok(Number(drops?.[1]) >= dropped);
  assert.match(metrics, /^wadah_cpu_throttled_periods_total\{name="web",.*\} [1-9]/m);

  await host.must('stop', '--force', 'web');
  const stopped = await countersOf(host);
  assert.equal(stopped.run, null);
  assert.ok(stopped.total.cpu.usage_ns >= total.cpu.usage_ns);
  const shown = await host.must('counters', 'web');
  assert.match(shown, /Held back from the processors: +\d+ times/);
  assert.match(shown, /Dropped packets: +eth0 \d+ in, [1-9]\d* out/);
});
