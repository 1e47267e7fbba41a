import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Recipe } from '#image/recipe.ts';

const headerBytes = 32;
const loadAddress = 0x100000;
/** cli, then hlt for ever. */
const program = [0xfa, 0xf4, 0xeb, 0xfd];

/** A kernel by the Multiboot specification, which QEMU loads as it does Linux. */
function idleKernel(): Buffer {
  const magic = 0x1badb002;
  const flags = 0x10000; // the addresses stand in this header
  const end = loadAddress + headerBytes + program.length;
  const entry = loadAddress + headerBytes;
  const header = Buffer.alloc(headerBytes);
  const words = [magic, flags, -(magic + flags), loadAddress, loadAddress, end, end, entry];
  words.forEach((word, index) => header.writeUInt32LE(word >>> 0, index * 4));
  return Buffer.concat([header, Buffer.from(program)]);
}

/** Virtual machines that start, pause and end as others do, and cost their host nothing. They neither listen nor speak. */
export const idleGuest: Recipe = {
  name: 'idle',
  description: 'A kernel that does nothing, for tests',
  types: ['virtual-machine'],
  architecture: 'x86_64',
  properties: { os: 'None' },
  init: { command: [], stopSignal: '', notifiesReady: false },
  buildBytes: 0,
  async build(folder) {
    await mkdir(path.join(folder, 'rootfs'));
    await writeFile(path.join(folder, 'kernel'), idleKernel());
    await writeFile(path.join(folder, 'initrd'), 'none');
  },
};
