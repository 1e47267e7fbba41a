import assert from 'node:assert/strict';
import { execa } from 'execa';
import { eventually } from '../../../harness/host.ts';
import type { Limited } from '../limited.ts';
import type { Effect } from './effect.ts';

/** A megabyte a second. */
const slowly = '8Mbit';
const threeMegabytes = 'dd if=/dev/zero bs=1M count=3 2>/dev/null';
const listen = 'busybox nc -l -p 5002';
const toHost = 'nc $(ip route | sed -n "s/default via \\([^ ]*\\).*/\\1/p") 5002';
/** nc hangs up when its input ends: this one's never does. */
const fromHost = `mkfifo /tmp/never 2>/dev/null; exec 3<>/tmp/never; ${toHost} <&3`;

/** Milliseconds that `inside` takes, which connects to that listener on the host. */
async function talkingMs(web: Limited, listen: string, inside: string): Promise<number> {
  const inNetwork = (script: string) =>
    execa('nsenter', [`--net=${web.host.network.path}`, 'sh', '-c', script]);
  const listener = inNetwork(listen);
  await eventually(async () => assert.notEqual((await inNetwork('ss -Hltn sport = 5002')).stdout, ''));
  const begin = performance.now();
  await web.says(inside);
  await listener;
  return performance.now() - begin;
}

const receivingMs = (web: Limited): Promise<number> =>
  talkingMs(web, `${threeMegabytes} | ${listen}`, `[ "$(${fromHost} | wc -c)" = ${3 * 2 ** 20} ]`);

const sendingMs = (web: Limited): Promise<number> =>
  talkingMs(web, `exec ${listen} >/dev/null`, `${threeMegabytes} | ${toHost}`);

/** The options of NICs that are live. */
export const nicEffects: Record<string, Effect> = {
  async 'nic limits.ingress'(web) {
    await web.setDevice('eth0', { 'limits.ingress': slowly });
    assert.ok((await receivingMs(web)) > 2000, 'three seconds’ worth');
    await web.setDevice('eth0', { 'limits.ingress': '' });
  },
  async 'nic limits.egress'(web) {
    await web.setDevice('eth0', { 'limits.egress': slowly });
    assert.ok((await sendingMs(web)) > 2000, 'three seconds’ worth');
    await web.setDevice('eth0', { 'limits.egress': '' });
  },
  async 'nic limits.max'(web) {
    await web.setDevice('eth0', { 'limits.max': slowly });
    assert.ok((await receivingMs(web)) > 2000, 'three seconds’ worth');
    assert.ok((await sendingMs(web)) > 2000, 'three seconds’ worth');
    await web.setDevice('eth0', { 'limits.max': '' });
  },
};
