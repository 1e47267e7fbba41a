import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Fault } from '#model/fault.ts';
import type { Files, GuestFile, NewGuestFile } from '#service/files/files.ts';

type Stored = { uid: number; gid: number; mode: number } & (
  | { type: 'file'; bytes: Buffer }
  | { type: 'directory' }
  | { type: 'symlink'; target: string }
);

/** One tree of files in memory, the same in every instance. */
export class FakeFiles implements Files {
  readonly #tree = new Map<string, Stored>([['/', { uid: 0, gid: 0, mode: 0o755, type: 'directory' }]]);

  async read(_project: string, _name: string, path: string): Promise<GuestFile> {
    const stored = this.#find(path);
    const { uid, gid, mode } = stored;
    switch (stored.type) {
      case 'directory': {
        const below = path === '/' ? '/' : `${path}/`;
        const names = [...this.#tree.keys()].filter((other) => other !== path && other.startsWith(below));
        return {
          uid,
          gid,
          mode,
          type: 'directory',
          entries: names.map((other) => other.slice(below.length)),
        };
      }
      case 'symlink':
        return { uid, gid, mode, type: 'symlink', target: stored.target };
      default: {
        const { bytes } = stored;
        const facts = { sizeBytes: bytes.length, modifiedAt: '2026-01-02T03:04:05Z' };
        return { uid, gid, mode, type: 'file', ...facts, content: Readable.from([bytes]) };
      }
    }
  }

  async write(_project: string, _name: string, path: string, file: NewGuestFile): Promise<void> {
    const owner = { uid: file.uid ?? 0, gid: file.gid ?? 0, mode: file.mode ?? 0o644 };
    if (file.type !== 'file') {
      this.#tree.set(path, { ...owner, ...file });
      return;
    }
    const added = await buffer(file.content);
    const before = this.#tree.get(path);
    const kept = file.append && before?.type === 'file' ? before.bytes : Buffer.alloc(0);
    this.#tree.set(path, { ...owner, type: 'file', bytes: Buffer.concat([kept, added]) });
  }

  async delete(_project: string, _name: string, path: string): Promise<void> {
    this.#find(path);
    this.#tree.delete(path);
  }

  #find(path: string): Stored {
    const stored = this.#tree.get(path);
    if (!stored) throw new Fault('not-found', `There is no file ${path}`);
    return stored;
  }
}
