import { chmodSync, statSync } from 'node:fs';
import { check, libcFunction } from './libc.ts';

const mknod = libcFunction('mknod', 'int', ['str', 'uint', 'ulong']);

const S_IFCHR = 0o020000;

/** Makes another node of the character device at `original`, with rights of its own. Throws `host`. */
export function copyDeviceNode(original: string, path: string, mode: number): void {
  check('mknod', path, mknod(path, S_IFCHR | mode, statSync(original).rdev));
  chmodSync(path, mode); // whatever the umask is
}
