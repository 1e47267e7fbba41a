import assert from 'node:assert/strict';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Effect } from './effect.ts';

/** Every type of device that comes and goes while it runs. */
export const pluggedEffects: Record<string, Effect> = {
  async disk(web) {
    const folder = path.join(web.host.directory, 'shared');
    await mkdir(folder, { recursive: true });
    const add = (...options: string[]) =>
      web.host.must('config', 'device', 'add', 'web', 'data', 'disk', ...options);
    const remove = () => web.host.must('config', 'device', 'remove', 'web', 'data');
    await add(`source=${folder}`, 'path=/srv/data', 'shift=true');
    await web.says('echo hello >/srv/data/file');
    assert.equal(
      (await stat(path.join(folder, 'file'))).uid,
      0,
      'root inside is root outside, in this folder',
    );
    await remove();
    assert.equal((await web.run('cat /srv/data/file')).status, 1);
    await add(`source=${folder}`, 'path=/srv/data', 'readonly=true');
    assert.equal(await web.says('cat /srv/data/file'), 'hello');
    assert.match((await web.run('echo >/srv/data/file')).stderr, /Read-only/);
    await remove();
    await add('source=tmpfs:', 'path=/srv/memory', 'size=1MiB');
    assert.match((await web.run('dd if=/dev/zero of=/srv/memory/x bs=1M count=2')).stderr, /No space left/);
    await remove();
    await add('source=tmpfs:', 'path=/srv/memory', 'size.inodes=20');
    assert.match((await web.run('for i in $(seq 30); do >/srv/memory/$i || exit; done')).stderr, /No space/);
    await remove();
    const refused = (...options: string[]) =>
      web.host.wadah(['config', 'device', 'add', 'web', 'data', 'disk', 'path=/srv/data', ...options]);
    assert.match(
      (await refused('source=tmpfs:', 'limits.read=1MiB')).stderr,
      /on no disk that could be slowed/,
    );
    assert.match(
      (await refused('source=/proc', 'limits.read=1MiB')).stderr,
      /\/proc lies on no disk of this host/,
    );
    assert.match((await refused(`source=${folder}`, 'size=1GiB')).stderr, /has no size of its own/);
  },
  async 'unix-char'(web) {
    await web.host.must(
      'config',
      'device',
      'add',
      'web',
      'zeros',
      'unix-char',
      'source=/dev/zero',
      'path=/dev/zeros',
    );
    assert.equal(await web.says('head -c 3 /dev/zeros | wc -c'), '3');
    assert.equal(await web.says("stat -c '%a %u' /dev/zeros"), '660 0');
    await web.host.must('config', 'device', 'remove', 'web', 'zeros');
    assert.equal((await web.run('head -c 3 /dev/zeros | grep -q .')).status, 1);
  },
  async 'unix-block'(web) {
    const options = ['path=/dev/never', 'major=7', 'minor=900', 'mode=0600', 'uid=1000'];
    await web.host.must('config', 'device', 'add', 'web', 'never', 'unix-block', ...options);
    assert.equal(await web.says("stat -c '%F %a %u %t %T' /dev/never"), 'block special file 600 1000 7 384');
    await web.host.must('config', 'device', 'remove', 'web', 'never');
    assert.equal((await web.run('test -b /dev/never')).status, 1);
  },
  async proxy(web) {
    const change = (what: string, ...options: string[]) =>
      web.host.must('config', 'device', what, 'web', 'www', ...options);
    const ask = async (port: number): Promise<string> => {
      const [program, ...args] = web.host.network.inside(['curl', '-s', `http://127.0.0.1:${port}/`]);
      return (await execa(program, args, { reject: false })).stdout;
    };
    await web.says('mkdir -p /www && echo salam >/www/index.html && httpd -h /www -p 127.0.0.1:80');
    await change('add', 'proxy', 'listen=tcp:127.0.0.1:8080', 'connect=tcp:127.0.0.1:80');
    assert.equal(await ask(8080), 'salam');
    await change('set', 'listen=tcp:127.0.0.1:8081');
    assert.deepEqual([await ask(8080), await ask(8081)], ['', 'salam']);
    await change('remove');
    assert.equal(await ask(8081), '');
  },
};
