/** Both families of header names are read and sent; the second belongs to Incus. */
export const fileHeaderPrefixes = ['X-LXD-', 'X-Incus-'] as const;

/** What follows the prefix: `X-LXD-mode`. */
export const fileHeaders = {
  /** Owner, a number. */
  uid: 'uid',
  gid: 'gid',
  /** Permission bits in octal: `0644`. */
  mode: 'mode',
  /** `file`, `directory` or `symlink`. */
  type: 'type',
  /** RFC 3339; answers only. */
  modified: 'modified',
  /** `overwrite` or `append`; requests only. */
  write: 'write',
} as const;

export const fileTypes = ['file', 'directory', 'symlink'] as const;
export type FileType = (typeof fileTypes)[number];
