import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Programs } from '#host/process/programs.ts';
import { hostBusybox, requireStaticBusybox } from '../host-busybox.ts';
import type { CpioEntry } from './cpio.ts';
import { packCpio } from './cpio.ts';
import { initScript } from './init-script.ts';
import { orderModules } from './module-order.ts';

const applets = ['sh', 'mount', 'umount', 'insmod', 'cat', 'findfs', 'usleep', 'switch_root'];
/** The first tells the host of a panic. */
const rootModules = ['pvpanic_mmio', 'virtio_pci', 'virtio_blk', 'ext4'];

/**
 * Writes `folder/initrd`: what finds and mounts the root file system of a virtual machine, 1.2 MB. `folder/modules`
 * is there, indexed by depmod. The same modules and busybox make the same file.
 * Throws `unsupported` without a static busybox or when the kernel lacks a module.
 */
export async function makeInitrd(programs: Programs, folder: string, signal: AbortSignal): Promise<void> {
  await requireStaticBusybox();
  const scratch = join(folder, 'initrd-modules');
  await mkdir(scratch);
  const modules = await plainModules(programs, { folder, scratch, signal });
  const archive = packCpio([
    ...['bin', 'dev', 'proc', 'sys', 'root', 'modules'].map((path): CpioEntry => ({ path, folder: true })),
    { path: 'bin/busybox', content: await readFile(hostBusybox), mode: 0o755 },
    ...applets.map((applet): CpioEntry => ({ path: `bin/${applet}`, link: 'busybox' })),
    { path: 'init', content: Buffer.from(initScript), mode: 0o755 },
    ...modules,
  ]);
  await writeFile(join(folder, 'initrd'), await promisify(gzip)(archive, { level: 9 }));
  await rm(scratch, { recursive: true });
}

interface Place {
  folder: string;
  scratch: string;
  signal: AbortSignal;
}

/** Modules as entries whose names sort in the order of loading, uncompressed, as busybox loads no others. */
async function plainModules(programs: Programs, { folder, scratch, signal }: Place): Promise<CpioEntry[]> {
  const [version = ''] = await readdir(join(folder, 'modules'));
  const source = join(folder, 'modules', version);
  const table = (name: string): Promise<string> => readFile(join(source, name), 'utf8');
  const tables = { dep: await table('modules.dep'), builtin: await table('modules.builtin') };
  const entries: CpioEntry[] = [];
  for (const [index, path] of orderModules(tables, rootModules).entries()) {
    const name = basename(path);
    await copyFile(join(source, path), join(scratch, name));
    if (name.endsWith('.xz')) {
      await programs.run([hostBusybox, 'unxz', join(scratch, name)], { signal, purpose: `unpack ${name}` });
    }
    const plain = name.replace(/\.xz$/, '');
    const content = await readFile(join(scratch, plain));
    entries.push({ path: `modules/${String(index).padStart(2, '0')}-${plain}`, content, mode: 0o644 });
  }
  return entries;
}
