import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { eventually } from '../../../harness/host.ts';
import { Limited } from '../limited.ts';
import type { Effect } from './effect.ts';

const spin = '(while :; do :; done) >/dev/null 2>&1 & echo $! >>/tmp/spinning';
const rest = 'for pid in $(cat /tmp/spinning); do kill $pid; done; rm /tmp/spinning';

/** How often the processor was taken from it because its time was used up. */
const throttled = async (web: Limited): Promise<number> => {
  const stat = 'cat /sys/fs/cgroup/cpu/cpu.stat /sys/fs/cgroup/cpu.stat 2>/dev/null; true';
  return Number(/^nr_throttled (\d+)/m.exec(await web.says(stat))?.[1] ?? 0);
};

/** How much more processor time `web` gets than another container that wants the same processor. */
async function advantageOverOther(web: Limited, change: () => Promise<void>): Promise<number> {
  const other = new Limited(web.host, 'other');
  await web.host.must('launch', 'busybox', 'other', '-c', 'limits.cpu=0-0');
  await web.set({ 'limits.cpu': '0-0' });
  await change();
  await Promise.all([web.says(spin), other.says(spin)]);
  const before = await Promise.all([web.cpuTime(), other.cpuTime()]);
  const grown = await eventually(async () => {
    const after = await Promise.all([web.cpuTime(), other.cpuTime()]);
    const [mine = 0, theirs = 0] = after.map((time, index) => time - (before[index] ?? 0));
    assert.ok(mine + theirs > 1e9, 'a second is enough to see who is preferred');
    return { mine, theirs };
  });
  await web.says(rest);
  await web.host.must('delete', '--force', 'other');
  return grown.mine / grown.theirs;
}

export const processorEffects: Record<string, Effect> = {
  async 'limits.cpu'(web, t) {
    if (availableParallelism() < 2) t.skip('this host has one processor');
    await web.set({ 'limits.cpu': '1' });
    assert.equal(await web.says('nproc'), '1');
    await web.unset('limits.cpu');
    assert.equal(await web.says('nproc'), String(availableParallelism()));
  },
  async 'limits.cpu.allowance'(web) {
    await web.says(spin);
    await web.set({ 'limits.cpu.allowance': '10ms/100ms' });
    const before = await throttled(web);
    await eventually(async () => assert.ok((await throttled(web)) > before + 2));
    await web.says(rest);
    const share = await advantageOverOther(web, () => web.set({ 'limits.cpu.allowance': '10%' }));
    assert.ok(share < 0.5, `a tenth of the share, got ${share}`);
  },
  async 'limits.cpu.priority'(web) {
    const share = await advantageOverOther(web, () => web.set({ 'limits.cpu.priority': '0' }));
    assert.ok(share < 0.5, `the least of all, got ${share}`);
  },
  async 'limits.cpu.nodes'(web) {
    await web.set({ 'limits.cpu.nodes': '0' });
    assert.match(await web.says('cat /proc/self/status'), /^Mems_allowed_list:\s+0$/m);
    const refused = await web.host.wadah(['config', 'set', 'web', 'limits.cpu.nodes=900']);
    assert.match(refused.stderr, /This host has not all of the NUMA nodes 900/);
  },
};
