import assert from 'node:assert/strict';
import { eventually } from '../../../harness/host.ts';
import type { Effect } from './effect.ts';

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
