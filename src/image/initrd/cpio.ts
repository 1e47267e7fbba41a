/** One thing in an archive; `path` is relative. Folders come before what is in them. */
export type CpioEntry =
  | { path: string; folder: true }
  | { path: string; link: string }
  | { path: string; content: Buffer; mode: number };

const magic = '070701';
const kinds = { folder: 0o040755, link: 0o120777, file: 0o100000 } as const;

/**
 * An archive as the kernel unpacks it at boot ("newc"). All belongs to root, times are zero: the same entries make
 * the same bytes.
 */
export function packCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => member(entry, index + 1));
  return Buffer.concat([
    ...parts,
    ...record({ path: 'TRAILER!!!', mode: 0, inode: 0, content: Buffer.alloc(0) }),
  ]);
}

function member(entry: CpioEntry, inode: number): Buffer[] {
  const { path } = entry;
  if ('folder' in entry) return record({ path, mode: kinds.folder, inode, content: Buffer.alloc(0) });
  if ('link' in entry) return record({ path, mode: kinds.link, inode, content: Buffer.from(entry.link) });
  return record({ path, mode: kinds.file | entry.mode, inode, content: entry.content });
}

function record({
  path,
  mode,
  inode,
  content,
}: {
  path: string;
  mode: number;
  inode: number;
  content: Buffer;
}) {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, time, size, device (two), special device (two), length of the name, checksum
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = magic + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return [padded(Buffer.concat([Buffer.from(header), name])), padded(content)];
}

const padded = (bytes: Buffer): Buffer =>
  bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
