import { access, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { formatBytes } from '#base/units.ts';
import { Fault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';

const mebibyte = 2 ** 20;
const journalBytes = 32 * mebibyte;
const roomBytes = 64 * mebibyte;

// Bound, not copied: nothing of the tree is touched, and whichever way it ends, the mounts end with it.
const makeFileSystem = `
  mount --bind "$1/rootfs" /mnt
  if [ -d "$1/modules" ] && [ -d /mnt/usr/lib/modules ]; then mount --bind "$1/modules" /mnt/usr/lib/modules; fi
  shift
  exec mke2fs "$@"`;

/** UUID of the file system on disks of an image, by which its kernel's command line names the disk to boot from. */
export function rootUuid(fingerprint: string): string {
  const ends = [8, 12, 16, 20, 32];
  return ends.map((end, index) => fingerprint.slice(ends[index - 1] ?? 0, end)).join('-');
}

/**
 * Writes an image's tree with its kernel's modules as an ext4 file system into `file`, a sparse raw disk that the
 * host's kernel never mounts. It is no larger than needed: on top of it stand larger ones, which guests fill.
 */
export async function makeBaseDisk(
  programs: Programs,
  { folder, file, fingerprint }: { folder: string; file: string; fingerprint: string },
  signal: AbortSignal,
): Promise<void> {
  const options = { signal, timeoutMs: 0, purpose: `make the disk of image ${fingerprint.slice(0, 12)}` };
  const usedBytes = await spaceOf(programs, folder, options);
  const sizeMebibytes = Math.ceil((usedBytes * 1.25 + journalBytes + roomBytes) / mebibyte);
  const uuid = rootUuid(fingerprint);
  await programs.run(
    [
      ...['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', makeFileSystem, 'sh', folder],
      ...['-q', '-t', 'ext4', '-b', '4096', '-I', '256', '-i', '16384', '-m', '1'],
      ...['-J', `size=${journalBytes / mebibyte}`, '-L', 'root', '-U', uuid],
      // All of its tables are written from the start: no guest writes zeros of its own into them.
      ...['-E', `hash_seed=${uuid},lazy_itable_init=0,root_owner=0:0`],
      ...['-d', '/mnt', file, `${sizeMebibytes}M`],
    ],
    options,
  );
}

async function spaceOf(programs: Programs, folder: string, options: object): Promise<number> {
  const modules = join(folder, 'modules');
  const hasModules = await access(modules).then(
    () => true,
    () => false,
  );
  const parts = [join(folder, 'rootfs'), ...(hasModules ? [modules] : [])];
  const { stdout } = await programs.run(
    ['du', '--summarize', '--total', '--block-size=1', ...parts],
    options,
  );
  return Number.parseInt(stdout.trim().split('\n').at(-1) ?? '', 10);
}

/** An empty qcow2 disk on top of a raw one. Throws `invalid` when it would be smaller than that. */
export async function createDisk(
  programs: Programs,
  { file, base, sizeBytes }: { file: string; base: string; sizeBytes: number },
): Promise<void> {
  const { size: leastBytes } = await stat(base);
  if (sizeBytes < leastBytes) {
    throw new Fault('invalid', `A disk of ${formatBytes(sizeBytes)} is too small for the image`, {
      hint: `It needs at least ${formatBytes(leastBytes)}.`,
    });
  }
  // Relative: the pool may be found at another path one day.
  const backing = ['-b', relative(dirname(file), base), '-F', 'raw'];
  await programs.run(['qemu-img', 'create', '-q', '-f', 'qcow2', ...backing, file, String(sizeBytes)], {
    purpose: `make the disk ${file}`,
  });
}
