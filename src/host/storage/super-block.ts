import { open } from 'node:fs/promises';
import { Fault } from '#model/fault.ts';

/** What an ext4 file system says of itself. While it is mounted, its free blocks and inodes may be those of a while ago. */
export interface SuperBlock {
  label: string;
  blockBytes: number;
  blocks: number;
  freeBlocks: number;
  inodes: number;
  freeInodes: number;
  groups: number;
}

const place = 1024;
const length = 1024;
const magic = 0xef53;

/** From the file that the file system is in. Throws `host` for a file of another kind. */
export async function readSuperBlock(file: string): Promise<SuperBlock> {
  await using handle = await open(file, 'r');
  const bytes = Buffer.alloc(length);
  await handle.read(bytes, 0, length, place);
  if (bytes.readUInt16LE(56) !== magic) throw new Fault('host', `${file} is no ext4 file system`);
  const blocks = bytes.readUInt32LE(4) + bytes.readUInt32LE(0x150) * 2 ** 32;
  return {
    label: bytes.toString('latin1', 120, 136).replace(/\0.*$/s, ''),
    blockBytes: 1024 << bytes.readUInt32LE(24),
    blocks,
    freeBlocks: bytes.readUInt32LE(12) + bytes.readUInt32LE(0x158) * 2 ** 32,
    inodes: bytes.readUInt32LE(0),
    freeInodes: bytes.readUInt32LE(16),
    groups: Math.ceil(blocks / bytes.readUInt32LE(32)),
  };
}
