import assert from 'node:assert/strict';
import type { LimitedBeancounter } from '#host/beancounters/beancounters.ts';
import type { CounterAbility, Counters } from '#model/counter.ts';
import { eventually } from '../../../harness/host.ts';
import type { Limited } from '../limited.ts';
import type { Effect } from './effect.ts';

const makeUnixSocket = [
  'rm -f /dev/log; syslogd -n -O /tmp/log 2>/tmp/said & server=$!',
  'until [ -S /dev/log ] || [ -s /tmp/said ]; do sleep 0.1; done',
  'kill $server; [ ! -s /tmp/said ]',
].join('\n');

/** With room for none `attempt` fails. Where programs in front of security functions are refused, so is the limit. */
async function untilRefused(web: Limited, resource: LimitedBeancounter, attempt: string): Promise<void> {
  const { counters } = JSON.parse(await web.host.must('counters', 'web', '--format', 'json')) as {
    counters: Counters & Record<LimitedBeancounter, CounterAbility>;
  };
  const key = `limits.${resource}`;
  if (counters[resource].ability !== 'limited') {
    const { stderr } = await web.host.wadah(['config', 'set', 'web', `${key}=0`]);
    assert.ok(stderr.includes(`This host cannot limit ${resource}: `), stderr);
    return;
  }
  await web.set({ [key]: '0' });
  assert.notEqual((await web.run(attempt)).status, 0);
  await web.unset(key);
  await web.says(attempt);
}

export const kernelObjectEffects: Record<string, Effect> = {
  async 'limits.tcp_sockets'(web) {
    await web.set({ 'limits.tcp_sockets': '0' });
    assert.match((await web.run('nc 127.0.0.1 9')).stderr, /No buffer space/);
    await web.unset('limits.tcp_sockets');
    assert.match((await web.run('nc 127.0.0.1 9')).stderr, /refused/);
  },
  async 'limits.other_sockets'(web) {
    await web.set({ 'limits.other_sockets': '0' });
    assert.notEqual((await web.run('ping -c 1 127.0.0.1')).status, 0);
    await web.unset('limits.other_sockets');
    await web.says('ping -c 1 127.0.0.1');
  },
  'limits.unix_sockets': (web) => untilRefused(web, 'unix_sockets', makeUnixSocket),
  'limits.files': (web) => untilRefused(web, 'files', 'true'),
  'limits.terminals': (web) => untilRefused(web, 'terminals', 'exec 3<>/dev/ptmx'),
  async 'limits.processes'(web) {
    await web.set({ 'limits.processes': '12' });
    const forks = 'for i in $(seq 20); do sleep 1 & done; true';
    assert.match((await web.run(forks)).stderr, /fork/);
    await eventually(async () => assert.doesNotMatch(await web.says('ps'), /sleep 1$/m));
    await web.unset('limits.processes');
    assert.equal((await web.run(forks)).stderr, '');
  },
  async 'linux.sysctl.*'(web) {
    const values = 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax';
    const usual = await web.says(values);
    await web.set({ 'linux.sysctl.net.ipv4.ip_forward': '1', 'linux.sysctl.kernel.msgmax': '4321' });
    assert.equal(await web.says(values), '1\n4321');
    const refused = await web.host.wadah(['config', 'set', 'web', 'linux.sysctl.kernel.msgmax=much']);
    assert.match(refused.stderr, /The kernel refuses "much" for kernel.msgmax of a container/);
    assert.equal(await web.says(values), '1\n4321');
    await web.unset('linux.sysctl.net.ipv4.ip_forward', 'linux.sysctl.kernel.msgmax');
    assert.equal(await web.says(values), usual);
  },
};
