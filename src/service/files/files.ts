import type { Readable } from 'node:stream';

/** Files inside instances, running or not. Paths are the guest's own; nothing outside its root is ever reached. */
export interface Files {
  /** Throws `not-found`. */
  read(project: string, name: string, path: string): Promise<GuestFile>;
  write(project: string, name: string, path: string, file: NewGuestFile): Promise<void>;
  delete(project: string, name: string, path: string): Promise<void>;
}

export interface FileAttributes {
  uid: number;
  gid: number;
  /** Permission bits. */
  mode: number;
}

export type GuestFile = FileAttributes &
  (
    | { type: 'file'; sizeBytes: number; modifiedAt: string; content: Readable }
    | { type: 'directory'; entries: string[] }
    | { type: 'symlink'; target: string }
  );

export type NewGuestFile = Partial<FileAttributes> &
  (
    | { type: 'file'; content: Readable; append: boolean }
    | { type: 'directory' }
    | { type: 'symlink'; target: string }
  );
