import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '#model/fault.ts';

/** Something for a mount to lie on. Throws `invalid`. */
export function makePlace(path: string, isFolder: boolean): void {
  try {
    makeFolders(isFolder ? path : dirname(path));
    if (!isFolder) closeSync(openSync(path, 'a'));
  } catch (cause) {
    throw new Fault('invalid', `Nothing can be put at ${path} inside`, {
      hint: 'Choose a path at which a folder, or for files and devices a file, can be made.',
      cause,
    });
  }
}

// One by one: where the kernel lets nobody make folders, as in /proc, Node's own way to make all of them never ends.
function makeFolders(path: string): void {
  const names = path.split('/').filter(Boolean);
  for (const [index] of names.entries()) {
    const folder = `/${names.slice(0, index + 1).join('/')}`;
    if (!existsSync(folder)) mkdirSync(folder);
  }
}
