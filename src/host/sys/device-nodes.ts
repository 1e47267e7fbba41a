import { chmodSync, statSync } from 'node:fs';
import { check, libcFunction } from './libc.ts';

const mknod = libcFunction('mknod', 'int', ['str', 'uint', 'ulong']);

const nodeTypes = { char: 0o020000, block: 0o060000 } as const;

/** Makes another node of the character device at `original`, with rights of its own. Throws `host`. */
export function copyDeviceNode(original: string, path: string, mode: number): void {
  check('mknod', path, mknod(path, nodeTypes.char | mode, statSync(original).rdev));
  chmodSync(path, mode); // whatever the umask is
}

export interface DeviceNode {
  type: 'char' | 'block';
  major: number;
  minor: number;
  mode: number;
}

/** Makes a node of a device by its number. Throws `host`. */
export function makeDeviceNode(path: string, { type, major, minor, mode }: DeviceNode): void {
  check('mknod', path, mknod(path, nodeTypes[type] | mode, joinNumber(major, minor)));
  chmodSync(path, mode);
}

/** As makedev(3) puts both parts into one. */
const joinNumber = (major: number, minor: number): number =>
  (minor & 0xff) + ((major & 0xfff) << 8) + (minor >>> 8) * 2 ** 20;

/** Both parts of the number of the device at `path`, and what it is; `undefined` when it is none. */
export function readDeviceNumber(path: string): Omit<DeviceNode, 'mode'> | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || !(found.isCharacterDevice() || found.isBlockDevice())) return undefined;
  const { rdev } = found;
  const minor = (rdev & 0xff) + Math.floor(rdev / 2 ** 20) * 2 ** 8;
  return { type: found.isBlockDevice() ? 'block' : 'char', major: (rdev >>> 8) & 0xfff, minor };
}
