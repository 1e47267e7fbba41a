import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, test } from 'vitest';
import { HostPrograms } from '#host/process/host-programs.ts';
import { busyboxRecipe } from '#image/busybox/busybox-recipe.ts';
import { measureTree } from '#image/fingerprint.ts';
import { cachedImage, runInImage } from '../../harness/images.ts';
import type { CachedImage } from '../../harness/images.ts';

const programs = new HostPrograms();
let image: CachedImage;
beforeAll(async () => {
  image = await cachedImage('busybox');
});

const inside = (script: string): Promise<string> => runInImage(image, script);

test('it is under 3 MB', () => {
  assert.ok(image.sizeBytes < 3_000_000, `${image.sizeBytes} bytes`);
});

test('built again, whatever the umask, it is the same image', async () => {
  const folder = await mkdtemp('/var/tmp/wadah-busybox-');
  const umask = process.umask(0o077);
  try {
    await busyboxRecipe(programs).build(folder, new AbortController().signal, () => {});
    assert.equal((await measureTree(join(folder, 'rootfs'))).fingerprint, await fingerprintOfTree());
  } finally {
    process.umask(umask);
    await rm(folder, { recursive: true });
  }
});

const fingerprintOfTree = async (): Promise<string> =>
  (await measureTree(join(image.folder, 'rootfs'))).fingerprint;

test('it has a shell, logins and tools for the network', async () => {
  assert.equal(await inside('whoami'), 'root');
  await inside('for tool in login su getty ip ping wget nslookup nc vi; do which $tool; done');
});

test('its init names no terminal, so that nothing is restarted for want of one', async () => {
  const inittab = await inside('cat /etc/inittab');
  assert.doesNotMatch(inittab, /askfirst|respawn|tty/);
});

test('root has no password and nothing is there that belongs to the build host', async () => {
  assert.match(await inside('cat /etc/shadow'), /^root:\*:/);
  await inside('for file in hostname resolv.conf machine-id; do [ ! -e /etc/$file ]; done');
});
