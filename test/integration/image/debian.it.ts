import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { HostPrograms } from '#host/process/host-programs.ts';
import { readXattrs } from '#host/sys/xattrs.ts';
import { debianRecipe } from '#image/debian/debian-recipe.ts';
import { debianReleases } from '#image/debian/releases.ts';
import { isFault } from '#model/fault.ts';
import { cachedImage, runInImage } from '../../harness/images.ts';
import type { CachedImage } from '../../harness/images.ts';

const programs = new HostPrograms();
let image: CachedImage;
let root: string;
beforeAll(async () => {
  image = await cachedImage('debian/12');
  root = join(image.folder, 'rootfs');
});

const text = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
const inside = (script: string): Promise<string> => runInImage(image, script);

test('it is a whole Debian whose packages are all installed and configured', async () => {
  assert.match(await text('etc/os-release'), /VERSION_CODENAME=bookworm/);
  assert.equal(await inside('dpkg --audit'), '');
  await inside('apt-get check');
});

test('what people expect of a server is there', async () => {
  const programsOfServer =
    'login passwd su cron crontab ssh ip ping ps less nano apt-get systemctl journalctl';
  await inside(`for program in ${programsOfServer}; do command -v $program; done`);
  await inside('test -s /etc/ssl/certs/ca-certificates.crt');
  assert.equal(await inside('LANG=C.UTF-8 locale charmap'), 'UTF-8');
});

test('ping keeps the capability that lets ordinary users run it', async () => {
  const names = (await readXattrs(join(root, 'usr/bin/ping'))).map(([name]) => name);
  expect(names).toContain('security.capability');
});

test('apt asks Debian’s own mirrors, with Debian’s own keys', async () => {
  const sources = await text('etc/apt/sources.list.d/debian.sources');
  const keys = /Signed-By: (\S+)/.exec(sources)?.[1] ?? '';
  assert.ok((await stat(join(root, keys))).size > 0);
  assert.deepEqual(
    [...new Set(sources.match(/https?:\/\/[^/\s]+/g))],
    ['http://deb.debian.org', 'http://security.debian.org'],
  );
  assert.deepEqual(await readdir(join(root, 'etc/apt/sources.list.d')), ['debian.sources']);
  assert.deepEqual(await readdir(join(root, 'etc/apt/preferences.d')), []);
  assert.deepEqual(await readdir(join(root, 'etc/apt/apt.conf.d')), ['01autoremove', '70debconf']);
});

test.each([
  'etc/hostname',
  'etc/resolv.conf',
  'etc/apt/sources.list',
  'etc/dpkg/dpkg.cfg.d/wadah-build',
  'etc/ssh/ssh_host_ed25519_key',
  'var/lib/systemd/random-seed',
])('%s is left to each instance, or was the build host’s', async (path) => {
  await assert.rejects(stat(join(root, path)), { code: 'ENOENT' });
});

test('nothing says through which proxy the build host reaches its mirror', async () => {
  assert.doesNotMatch(await inside('apt-config dump'), /Proxy "http|Check-Valid-Until "false"/);
});

test('each instance gets a machine id of its own, and root has no password', async () => {
  assert.equal(await text('etc/machine-id'), '');
  assert.match(await text('etc/shadow'), /^root:\*:/);
});

test('nothing is left of the making: no logs, no package lists, no device nodes', async () => {
  assert.equal(await inside('find /var/log /dev ! -type d ! -type l'), '');
  assert.deepEqual(
    (await readdir(join(root, 'var/lib/apt/lists'))).filter((name) => /Packages/.test(name)),
    [],
  );
  assert.deepEqual(await readdir(join(root, 'tmp')), []);
  assert.deepEqual(
    await readdir(join(root, 'run')).then((names) => names.filter((name) => name !== 'lock')),
    [],
  );
});

test('manuals stay out, licences stay in', async () => {
  assert.equal(await inside('find /usr/share/doc -type f ! -name copyright'), '');
  assert.ok((await stat(join(root, 'usr/share/doc/bash/copyright'))).size > 0);
  await assert.rejects(stat(join(root, 'usr/share/man')), { code: 'ENOENT' });
});

test('ssh is there, and listens only when somebody enables it', async () => {
  await inside('test -x /usr/sbin/sshd && ! find /etc/systemd -path "*.target.wants/ssh*" | grep .');
});

test('the initrd has the modules of this kernel that find a root disk, and is small', async () => {
  const initrd = gunzipSync(await readFile(join(image.folder, 'initrd')));
  const [version = ''] = await readdir(join(image.folder, 'modules'));
  for (const name of ['virtio_pci', 'virtio_blk']) assert.ok(initrd.includes(`-${name}.ko\0`), name);
  assert.ok(initrd.includes(`vermagic=${version}`));
  assert.ok((await stat(join(image.folder, 'initrd'))).size < 2_000_000);
});

test('a kernel and its modules lie beside the tree, and containers carry nothing of them', async () => {
  assert.ok((await stat(join(image.folder, 'kernel'))).size > 5_000_000);
  const [version = ''] = await readdir(join(image.folder, 'modules'));
  assert.match(version, /-cloud-/);
  assert.ok((await readdir(join(image.folder, 'modules', version))).includes('kernel'));
  assert.equal(await inside('ls /boot; ls /usr/lib/modules'), '');
});

test('the tree is small', async () => {
  const { stdout } = await programs.run(['du', '--summarize', '--block-size=1M', root]);
  const mebibytes = Number.parseInt(stdout, 10);
  assert.ok(mebibytes < 160, `${mebibytes} MiB`);
});

test('a cancelled build ends its programs at once, and its mounts with them', async () => {
  const folder = await mkdtemp('/var/tmp/wadah-debian-');
  const mountsBefore = mounts();
  try {
    const cancel = new AbortController();
    const release = debianReleases.find(({ version }) => version === '12');
    assert.ok(release);
    const build = debianRecipe(programs, release).build(folder, cancel.signal, ({ stage }) => {
      if (stage === 'Installing the base system') cancel.abort();
    });
    await assert.rejects(build, (error) => !isFault(error, 'host'));
    assert.deepEqual(await programsInside(folder), []);
    assert.equal(mounts(), mountsBefore);
  } finally {
    await rm(folder, { recursive: true });
  }
});

const mounts = (): string =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes('wadah-debian-'))
    .join('\n');

/** Processes whose root or working folder is in `folder`. */
async function programsInside(folder: string): Promise<string[]> {
  const { stdout } = await programs.run(['sh', '-c', 'readlink /proc/[0-9]*/root /proc/[0-9]*/cwd || true']);
  return stdout.split('\n').filter((path) => path.startsWith(folder));
}
