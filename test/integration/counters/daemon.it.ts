import assert from 'node:assert/strict';
import { test } from 'vitest';
import { openEvents } from '#client/events.ts';
import { eventually, testHost } from '../../harness/host.ts';
import type { TestHost } from '../../harness/host.ts';

type Counter = { held?: number; peak?: number; limit?: number; refusals?: number };

async function tcpSockets(host: TestHost): Promise<Counter> {
  const { counters } = JSON.parse(await host.must('counters', 'web', '--format', 'json'));
  const { held, peak, limit, refusals } = counters.tcp_sockets;
  return { held, peak, limit, refusals };
}

/** It tries IPv6, then IPv4: two sockets that are refused. */
async function tryToListen(host: TestHost): Promise<void> {
  const { stderr } = await host.wadah(['exec', 'web', '--', 'nc', '-l', '-p', '80']);
  assert.match(stderr, /No buffer space available/);
}

test('limits and refusals outlive the daemon, refusals and peaks the run of the instance too', async (t) => {
  const host = await testHost(t);
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'web', '-c', 'limits.tcp_sockets=1');
  await host.must('exec', 'web', '--', 'sh', '-c', 'nc -l -p 7000 </dev/null >/dev/null 2>&1 &');
  await eventually(async () => assert.equal((await tcpSockets(host)).held, 1));
  await tryToListen(host);
  assert.deepEqual(await tcpSockets(host), { held: 1, peak: 1, limit: 1, refusals: 2 });

  await host.endDaemon('SIGKILL');
  await host.startDaemon();
  await tryToListen(host);
  assert.deepEqual(await tcpSockets(host), { held: 1, peak: 1, limit: 1, refusals: 4 });

  await host.must('config', 'set', 'web', 'limits.tcp_sockets=0');
  await host.must('restart', '--force', 'web');
  assert.deepEqual(await tcpSockets(host), { held: 0, peak: 1, limit: 0, refusals: 4 });
  await tryToListen(host);
  await host.must('stop', '--force', 'web');
  assert.deepEqual(await tcpSockets(host), { held: undefined, peak: 1, limit: undefined, refusals: 6 });
});

test('a refusal is an event and a metric', async (t) => {
  const host = await testHost(t);
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'web', '-c', 'limits.tcp_sockets=0');
  const events = await openEvents(host.client, ['lifecycle']);
  await tryToListen(host);
  const metrics = await host.must('query', '/1.0/metrics');
  assert.match(metrics, /^wadah_counter_refusals_total\{resource="tcp_sockets",name="web",.*\} 2$/m);
  for await (const event of events) {
    if (event.type !== 'lifecycle' || event.metadata.action !== 'instance-refused') continue;
    assert.deepEqual(event.metadata.context, { resource: 'tcp_sockets', refusals: 2 });
    break;
  }
  events.close();
});
