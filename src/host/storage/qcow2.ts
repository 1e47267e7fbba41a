import { open } from 'node:fs/promises';
import { Fault } from '#model/fault.ts';

const magic = 0x514649fb;
const sizeOffset = 24;

/** How large a guest sees the disk in a qcow2 file: what its header says. Throws `host` for a file of another kind. */
export async function diskSize(path: string): Promise<number> {
  await using file = await open(path, 'r');
  const header = Buffer.alloc(sizeOffset + 8);
  await file.read(header, 0, header.length, 0);
  if (header.readUInt32BE(0) !== magic) throw new Fault('host', `${path} is no qcow2 file`);
  return Number(header.readBigUInt64BE(sizeOffset));
}
