import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import type { ExecRequest, ExecSession } from '#engine/engine.ts';
import { Fault } from '#model/fault.ts';
import type { FileAttributes, GuestFile, NewGuestFile } from './files.ts';
import { deleteScript, directoryScript, readScript, symlinkScript, writeScript } from './guest-script.ts';

type Exec = (request: ExecRequest) => Promise<ExecSession>;

/** Files of a running instance, through its own shell. */
export class RunningFiles {
  readonly #exec: Exec;

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  async read(path: string): Promise<GuestFile> {
    const session = await this.#run(readScript, [path]);
    session.stdin.end();
    const problem = text(session.stderr ?? Readable.from([]));
    const { line, rest } = await splitFirstLine(session.stdout);
    const [kind = '', uid, gid, mode, size, modified] = line.split(' ');
    if (kind === 'missing') throw noSuchFile(path);
    if (kind === 'special')
      throw new Fault('unsupported', `${path} is neither a file, a directory nor a link`);
    if (kind === '') throw new Fault('host', `Cannot read ${path}: ${(await problem).trim()}`);
    const attributes = { uid: Number(uid), gid: Number(gid), mode: Number.parseInt(mode ?? '0', 8) };
    const whole =
      kind === 'file' ? Readable.from(toItsEnd(rest, session, path), { objectMode: false }) : rest;
    return this.#content(kind, attributes, Number(size), Number(modified), whole);
  }

  async #content(
    kind: string,
    attributes: FileAttributes,
    sizeBytes: number,
    modified: number,
    rest: Readable,
  ): Promise<GuestFile> {
    if (kind === 'symlink')
      return { ...attributes, type: 'symlink', target: (await text(rest)).replace(/\n$/, '') };
    if (kind === 'directory') {
      const entries = (await text(rest))
        .split('\0')
        .filter(Boolean)
        .map((entry) => entry.replace(/^\.\//, ''));
      return { ...attributes, type: 'directory', entries: entries.sort() };
    }
    const modifiedAt = new Date(modified * 1000).toISOString();
    return { ...attributes, type: 'file', sizeBytes, modifiedAt, content: rest };
  }

  async write(path: string, file: NewGuestFile): Promise<void> {
    const uid = file.uid?.toString() ?? '';
    const gid = file.gid?.toString() ?? '';
    const mode = file.mode?.toString(8) ?? '';
    switch (file.type) {
      case 'file':
        return this.#do(
          path,
          writeScript,
          [path, uid, gid, mode, file.append ? 'append' : 'replace'],
          file.content,
        );
      case 'directory':
        return this.#do(path, directoryScript, [path, uid, gid, mode]);
      case 'symlink':
        return this.#do(path, symlinkScript, [path, file.target, uid, gid]);
    }
  }

  async delete(path: string): Promise<void> {
    await this.#do(path, deleteScript, [path]);
  }

  async #do(
    path: string,
    script: string,
    args: string[],
    input: Readable = Readable.from([]),
  ): Promise<void> {
    const session = await this.#run(script, args);
    const problem = text(session.stderr ?? Readable.from([]));
    session.stdout.resume();
    // A script that gave up closes its end while we still write: its exit status says why, not EPIPE.
    await pipeline(input, session.stdin).catch(() => undefined);
    const status = await session.exited;
    if (status === 0) return;
    const said = (await problem).trim();
    if (status === 44 || /No such file|nonexistent directory|not found/i.test(said)) throw noSuchFile(path);
    throw new Fault('host', `Cannot change ${path}: ${said || `exit status ${status}`}`);
  }

  #run(script: string, args: string[]): Promise<ExecSession> {
    return this.#exec({
      command: ['/bin/sh', '-c', script, 'sh', ...args],
      environment: { LC_ALL: 'C' },
      user: 0,
      group: 0,
      cwd: '/',
      terminal: undefined,
    });
  }
}

/** Fails where the program that reads does: whoever gets a part must not take it for all. */
async function* toItsEnd(
  content: Readable,
  { exited }: Pick<ExecSession, 'exited'>,
  path: string,
): AsyncGenerator<Buffer> {
  for await (const chunk of content) yield chunk as Buffer;
  const status = await exited;
  if (status !== 0) throw new Fault('host', `Cannot read ${path} to its end: exit status ${status}`);
}

export const noSuchFile = (path: string, cause?: unknown): Fault =>
  new Fault('not-found', `There is no ${path} in the instance`, { cause });

async function splitFirstLine(stream: Readable): Promise<{ line: string; rest: Readable }> {
  const chunks: Buffer[] = [];
  const iterator = stream[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = (await iterator.next()) as IteratorResult<Buffer>;
    if (!done) chunks.push(Buffer.from(value));
    const all = Buffer.concat(chunks);
    const end = all.indexOf(10);
    if (end >= 0)
      return {
        line: all.toString('utf8', 0, end),
        rest: Readable.from(follow(all.subarray(end + 1), iterator), { objectMode: false }),
      };
    if (done) return { line: all.toString('utf8'), rest: Readable.from([]) };
  }
}

async function* follow(first: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) return;
    yield Buffer.from(value);
  }
}
