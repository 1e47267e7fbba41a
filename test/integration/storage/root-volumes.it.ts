import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { HostPrograms } from '#host/process/host-programs.ts';
import type { Programs } from '#host/process/programs.ts';
import { DirPool } from '#host/storage/dir-pool.ts';
import { Fault, isFault } from '#model/fault.ts';

const fingerprint = 'a'.repeat(64);
const id = '0123abcd';
const mebibyte = 2 ** 20;

let folder: string;
let pool: DirPool;
/** A program that cannot be run. */
let broken: string | undefined;

const host = new HostPrograms();
const programs: Programs = {
  run: async (argv, options) => {
    if (argv[0] === broken) throw new Fault('host', `${broken} is broken`);
    return host.run(argv, options);
  },
  spawn: (argv, options) => host.spawn(argv, options),
};

beforeEach(async () => {
  broken = undefined;
  folder = await mkdtemp('/var/tmp/wadah-volumes-');
  pool = await DirPool.open(join(folder, 'pool'), programs);
  await mkdir(join(await pool.makeBuildFolder('build-1'), 'rootfs'));
  await pool.publishImage(join(folder, 'pool/builds/build-1'), fingerprint);
  await pool.makeRoot(id, fingerprint);
  await writeFile(join(upper(), 'mine'), 'kept');
});
afterEach(async () => {
  await pool.removeRoot(id);
  assert.ok(!(await readFile('/proc/self/mounts', 'utf8')).includes(folder));
  await rm(folder, { recursive: true });
});

const upper = (): string => pool.rootLayers(id, fingerprint).upper;
const limited = { sizeBytes: 48 * mebibyte, inodes: 200 };

async function holds(limits: { sizeBytes: number | undefined; inodes: number | undefined }): Promise<void> {
  await pool.openRoot(id, limits);
  assert.equal(await readFile(join(upper(), 'mine'), 'utf8'), 'kept');
  await pool.closeRoot(id);
}

for (const program of ['mke2fs', 'mount', 'cp']) {
  test(`a root disk stays as it was when ${program} fails while it gets its first limits, or others`, async (t) => {
    if ((await pool.rootUsage(id, { isWhole: false })).amounts.disk) t.skip('/var/tmp has quotas');
    const refuses = async (inodes: number) => {
      broken = program;
      const isBroken = (error: unknown) => isFault(error, 'host') && error.message === `${program} is broken`;
      await assert.rejects(pool.openRoot(id, { ...limited, inodes }), isBroken);
      broken = undefined;
      assert.ok(!(await readdir(join(folder, 'pool/roots', id))).includes('volume.img.new'));
    };
    await refuses(200);
    await holds({ sizeBytes: undefined, inodes: undefined });
    await holds(limited);
    await refuses(300);
    await holds(limited);
    assert.equal((await pool.rootUsage(id, { isWhole: false })).amounts.inodes?.limit, 224);
    await holds({ ...limited, inodes: 300 });
  });
}

test('fewer inodes than it has are refused, and it stays as it was', async (t) => {
  if ((await pool.rootUsage(id, { isWhole: false })).amounts.disk) t.skip('/var/tmp has quotas');
  await holds(limited);
  await pool.openRoot(id, limited);
  for (let file = 0; file < 60; file += 1) await writeFile(join(upper(), String(file)), '');
  await pool.closeRoot(id);
  await assert.rejects(pool.openRoot(id, { ...limited, inodes: 50 }), {
    code: 'insufficient',
    message: 'The root disk cannot be limited to 50 inodes: it holds 62',
  });
  await pool.closeRoot(id);
  await holds(limited);
});
