import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { makeHost, type TestHost } from '../../harness/host.ts';
import { Limited } from './limited.ts';

let host: TestHost;

beforeAll(async () => {
  host = await makeHost();
  await host.buildImage('busybox');
});
afterAll(() => host.remove());

const write = (mebibytes: number) => `dd if=/dev/zero of=/root/file bs=1M count=${mebibytes}`;
/** KiB that df says its root has, or has left. */
const rootKib = async (web: Limited, column: 2 | 4): Promise<number> =>
  Number(await web.says(`df -k / | tail -1 | awk '{print $${column}}'`));

test('a root disk with a size holds no more, df tells it, and it changes while the container runs', async () => {
  await host.must('launch', 'busybox', 'small', '-d', 'root,size=96MiB');
  const small = new Limited(host, 'small');
  assert.ok((await rootKib(small, 2)) <= 96 * 1024);
  assert.match((await small.run(write(100))).stderr, /No space left/);
  await small.says('rm /root/file');
  await small.setDevice('root', { size: '48MiB' });
  assert.ok((await rootKib(small, 4)) < 48 * 1024);
  assert.match((await small.run(write(60))).stderr, /No space left/);
  const refused = await host.wadah(['config', 'device', 'set', 'small', 'root', 'size=20MiB']);
  assert.match(refused.stderr, /The root disk cannot be limited to 20MiB: it holds \d/);
  await small.says('rm /root/file');
  await small.setDevice('root', { size: '96MiB' });
  await small.says(write(60));
  assert.deepEqual(await small.pending(), []);
  await host.must('stop', '--force', 'small');
  await small.setDevice('root', { size: '160MiB' });
  await host.must('start', 'small');
  await small.says(`[ $(wc -c </root/file) = ${60 * 2 ** 20} ]`);
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
