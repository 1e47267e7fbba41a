import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { blockDeviceOf } from '#host/storage/block-device.ts';
import type { Limited } from '../limited.ts';
import { type Effect, takesMs } from './effect.ts';

const disk = blockDeviceOf('/var/tmp');

const write = (blocks: number, folder = '/root') =>
  `dd if=/dev/zero of=${folder}/file bs=64k count=${blocks} oflag=direct 2>/dev/null`;
/** With a folder of the host at /srv/data, on the disk that the root disk lies on as well. */
async function withFolder({ host, name }: Limited, work: () => Promise<void>): Promise<void> {
  const folder = path.join(host.directory, 'data');
  await mkdir(folder, { recursive: true });
  const options = [`source=${folder}`, 'path=/srv/data', 'shift=true'];
  await host.must('config', 'device', 'add', name, 'data', 'disk', ...options);
  await work();
  await host.must('config', 'device', 'remove', name, 'data');
}

const read = 'dd if=/root/file of=/dev/null bs=64k iflag=direct 2>/dev/null';

/** The options of disks that are live. */
export const diskEffects: Record<string, Effect> = {
  async 'limits.disk.priority'(web) {
    if (disk.scheduler !== 'bfq') {
      const refused = await web.host.wadah(['config', 'set', 'web', 'limits.disk.priority=10']);
      assert.match(refused.stderr, /serves all alike: its scheduler is/);
      assert.match(refused.stderr, new RegExp(`echo bfq > /sys/block/${disk.name}/queue/scheduler`));
    }
  },
  async 'disk limits.write'(web) {
    await web.setDevice('root', { 'limits.write': '1MiB' });
    assert.ok((await takesMs(web, write(48))) > 2000, 'three seconds’ worth');
    await web.setDevice('root', { 'limits.write': '10iops' });
    assert.ok((await takesMs(web, write(30))) > 2000, 'three seconds’ worth');
    await web.setDevice('root', { 'limits.write': '' });
    await withFolder(web, async () => {
      await web.setDevice('data', { 'limits.write': '1MiB' });
      assert.ok((await takesMs(web, write(48, '/srv/data'))) > 2000, 'three seconds’ worth');
      await web.setDevice('root', { 'limits.write': '100MiB' });
      assert.ok((await takesMs(web, write(48))) > 2000, 'it lies on the same disk, and the lowest holds');
      await web.setDevice('root', { 'limits.write': '' });
    });
  },
  async 'disk limits.read'(web) {
    await web.says(write(48));
    await web.setDevice('root', { 'limits.read': '1MiB' });
    assert.ok((await takesMs(web, read)) > 2000, 'three seconds’ worth');
    await web.setDevice('root', { 'limits.read': '' });
  },
  async 'disk limits.max'(web) {
    await web.setDevice('root', { 'limits.max': '1MiB' });
    assert.ok((await takesMs(web, write(48))) > 2000, 'three seconds’ worth');
    assert.ok((await takesMs(web, read)) > 2000, 'three seconds’ worth');
    await web.setDevice('root', { 'limits.max': '' });
  },
};
