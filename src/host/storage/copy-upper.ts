import { readdir } from 'node:fs/promises';
import type { Programs } from '../process/programs.ts';
import { removeXattr } from '../sys/xattrs.ts';

/** Copies an overlay's upper layer with all that it says of the files below it. */
export async function copyUpper(programs: Programs, upper: string, copy: string): Promise<void> {
  await programs.run(['cp', '--archive', '--sparse=auto', upper, copy], {
    purpose: 'move a root disk',
    timeoutMs: 0,
  });
  await forgetOrigins(Buffer.from(copy));
}

/** It knows its lower ones by file handles, which are no use in a copy. Names may be any bytes. */
async function forgetOrigins(folder: Buffer): Promise<void> {
  await removeXattr(folder, 'trusted.overlay.origin');
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    if (entry.isDirectory()) await forgetOrigins(path);
    else await removeXattr(path, 'trusted.overlay.origin');
  }
}
