import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { makeHost, type TestHost } from '../../harness/host.ts';
import { takesMs } from './effects/effect.ts';
import { Limited } from './limited.ts';

let host: TestHost;

beforeAll(async () => {
  host = await makeHost();
  await host.buildImage('busybox');
});
afterAll(() => host.remove());

const mebibyte = 2 ** 20;
const write = (mebibytes: number) => `dd if=/dev/zero of=/root/file bs=1M count=${mebibytes}`;
const makeFiles = (count: number) =>
  `mkdir -p /root/many; cd /root/many; for i in $(seq ${count}); do >$i || exit 1; done`;

/** What is counted of a disk. */
async function counted(web: Limited, resource: 'disk' | 'inodes') {
  const { counters } = await host.client.read('/1.0/instances/{name}/counters', {
    params: { name: web.name },
  });
  const { ability, held = 0, peak = 0, limit } = counters[resource] ?? {};
  return { ability, held, peak, limit };
}

/** KiB that df says its root has, or has left. */
const rootKib = async (web: Limited, column: 2 | 4): Promise<number> =>
  Number(await web.says(`df -k / | tail -1 | awk '{print $${column}}'`));

test('a root disk with a size holds no more, df tells it, and it changes while the container runs', async () => {
  await host.must('launch', 'busybox', 'small', '-d', 'root,size=96MiB');
  const small = new Limited(host, 'small');
  assert.ok((await rootKib(small, 2)) <= 96 * 1024);
  assert.match((await small.run(write(100))).stderr, /No space left/);
  const full = await counted(small, 'disk');
  assert.deepEqual([full.ability, full.limit], ['limited', 96 * mebibyte]);
  assert.ok(full.held > 95 * mebibyte && full.held <= 96 * mebibyte, `${full.held}`);
  await small.says('rm /root/file');
  await small.setDevice('root', { size: '48MiB' });
  assert.ok((await rootKib(small, 4)) < 48 * 1024);
  assert.match((await small.run(write(60))).stderr, /No space left/);
  const { held, peak, limit } = await counted(small, 'disk');
  assert.equal(limit, 48 * mebibyte);
  assert.ok(held <= limit && peak >= full.held);
  const refused = await host.wadah(['config', 'device', 'set', 'small', 'root', 'size=20MiB']);
  assert.match(refused.stderr, /The root disk cannot be limited to 20MiB: it holds \d/);
  await small.says('rm /root/file');
  await small.setDevice('root', { size: '96MiB' });
  await small.says(write(60));
  await small.setDevice('root', { 'limits.write': '1MiB' });
  assert.ok((await takesMs(small, 'dd if=/dev/zero of=/root/slow bs=64k count=48 oflag=direct')) > 2000);
  await small.setDevice('root', { 'limits.write': '' });
  assert.deepEqual(await small.pending(), []);
  await host.must('stop', '--force', 'small');
  await small.setDevice('root', { size: '160MiB' });
  await host.must('start', 'small');
  await small.says(`[ $(wc -c </root/file) = ${60 * mebibyte} ]`);
  assert.ok((await rootKib(small, 2)) > 128 * 1024);
  await host.must('delete', '--force', 'small');
});

test('a root disk gets its first size at the next start, with all that is on it', async () => {
  await host.must('launch', 'busybox', 'grown');
  const grown = new Limited(host, 'grown');
  await grown.says('echo mine >/root/kept; rm /bin/free; chown 7:8 /root/kept; ln /root/kept /root/again');
  await grown.setDevice('root', { size: '64MiB' });
  assert.deepEqual(await grown.pending(), ['devices.root.size']);
  await grown.says(write(100));
  await grown.says('rm /root/file');
  await host.must('restart', '--force', 'grown');
  assert.deepEqual(await grown.pending(), []);
  assert.equal(
    await grown.says("cat /root/again; stat -c '%u:%g %h' /root/kept; ls /bin/free 2>/dev/null; true"),
    'mine\n7:8 2',
  );
  assert.match((await grown.run(write(100))).stderr, /No space left/);
  await host.must('stop', '--force', 'grown');
  const file = path.join(host.directory, 'kept');
  await host.must('file', 'pull', 'grown/root/kept', file);
  assert.equal(await readFile(file, 'utf8'), 'mine\n');
  await host.must('delete', 'grown');
});

test('a root disk holds no more files than it may, and another number holds from the next start', async () => {
  await host.must('launch', 'busybox', 'files', '-d', 'root,size=64MiB,size.inodes=200');
  const files = new Limited(host, 'files');
  assert.match((await files.run(makeFiles(300))).stderr, /No space left/);
  const { ability, held, limit = 0 } = await counted(files, 'inodes');
  assert.deepEqual([ability, held], ['limited', limit]);
  assert.ok(limit >= 200 && limit < 250, `${limit}`);
  assert.equal(await files.says('df -i / | tail -1 | awk "{print \\$4}"'), '0');
  await files.setDevice('root', { 'size.inodes': '1000' });
  assert.deepEqual(await files.pending(), ['devices.root.size.inodes']);
  await host.must('restart', '--force', 'files');
  await files.says(`${makeFiles(900)}; ls /root/many | wc -l`);
  const fewer = await host.wadah(['config', 'device', 'set', 'files', 'root', 'size.inodes=300']);
  assert.match(fewer.stderr, /The root disk cannot be limited to 300 inodes: it holds 9\d\d/);
  await files.setDevice('root', { 'size.inodes': '' });
  await host.must('restart', '--force', 'files');
  assert.equal(await files.says(`${makeFiles(2000)}; ls /root/many | wc -l`), '2000');
  await host.must('delete', '--force', 'files');
});

test('of a root disk without a size what it holds is counted for whoever asks, and of a stopped one as well', async () => {
  await host.must('launch', 'busybox', 'free');
  const free = new Limited(host, 'free');
  const before = await counted(free, 'disk');
  await free.says(`${write(5)}; ${makeFiles(50)}; sync`);
  const [disk, inodes] = [await counted(free, 'disk'), await counted(free, 'inodes')];
  assert.deepEqual([disk.ability, disk.limit], ['counted', undefined]);
  assert.ok(disk.held - before.held >= 5 * mebibyte && inodes.held > 50);
  await host.must('stop', '--force', 'free');
  assert.ok((await counted(free, 'disk')).held >= 5 * mebibyte);
  await host.must('delete', 'free');
});
