import { checkAsync, libcFunction, systemErrorCode } from './libc.ts';

const llistxattr = libcFunction('llistxattr', 'long', ['void*', 'void*', 'size_t']);
const lremovexattr = libcFunction('lremovexattr', 'int', ['void*', 'str']);
const lgetxattr = libcFunction('lgetxattr', 'long', ['void*', 'str', 'void*', 'size_t']);

/**
 * Extended attributes of a file, or of a symbolic link itself, sorted by name: file capabilities, ACLs,
 * what overlayfs notes. None where the file system has none. A path given as bytes may be any. Throws `host`.
 */
export async function readXattrs(path: string | Buffer): Promise<[name: string, value: Buffer][]> {
  const cPath = Buffer.concat([Buffer.from(path as Buffer), Buffer.alloc(1)]);
  const shown = String(path);
  try {
    const list = await read((buffer) =>
      checkAsync('llistxattr', shown, llistxattr, cPath, buffer, buffer.length),
    );
    const names = list.toString('latin1').split('\0').slice(0, -1).sort();
    const attributes: [string, Buffer][] = [];
    for (const name of names) {
      const value = await read((buffer) =>
        checkAsync('lgetxattr', shown, lgetxattr, cPath, name, buffer, buffer.length),
      );
      attributes.push([name, value]);
    }
    return attributes;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTSUP') return [];
    throw error;
  }
}

/** Takes one away, if it is there. */
export async function removeXattr(path: string | Buffer, name: string): Promise<void> {
  const cPath = Buffer.concat([Buffer.from(path as Buffer), Buffer.alloc(1)]);
  try {
    await checkAsync('lremovexattr', String(path), lremovexattr, cPath, name);
  } catch (error) {
    if (!['ENODATA', 'ENOTSUP'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}

/** With no room, the kernel only tells the length. Nearly always it is 0, and one call is enough. */
async function read(call: (buffer: Buffer) => Promise<number>): Promise<Buffer> {
  const buffer = Buffer.alloc(await call(Buffer.alloc(0)));
  return buffer.length === 0 ? buffer : buffer.subarray(0, await call(buffer));
}
