import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { Fault } from '#model/fault.ts';
import type { Client } from './client.ts';
import { targetOf } from './routes.ts';

export interface RemoteAttributes {
  uid: number;
  gid: number;
  /** Permission bits. */
  mode: number;
}

export type RemoteFile = RemoteAttributes &
  (
    | { type: 'file'; content: Readable }
    | { type: 'directory'; entries: string[] }
    | { type: 'symlink'; target: string }
  );

export type NewRemoteFile = Partial<RemoteAttributes> &
  (
    | { type: 'file'; content: Readable; sizeBytes: number | undefined }
    | { type: 'directory' }
    | { type: 'symlink'; target: string }
  );

const route = '/1.0/instances/{name}/files';

/**
 * Reads a file, folder or link of an instance. The content of a file must be read to its end, and fails with `host` where
 * it breaks off. Throws `not-found`.
 */
export async function readFile(client: Client, name: string, path: string): Promise<RemoteFile> {
  const target = targetOf(route, { params: { name }, query: { path } });
  const incoming = await client.raw({ method: 'GET', target });
  const { type, ...attributes } = attributesOf(incoming.headers);
  if (type === 'file') {
    return {
      type,
      ...attributes,
      content: Readable.from(toItsEnd(incoming.body, path), { objectMode: false }),
    };
  }
  const text = await client.transport.text(incoming);
  if (type === 'symlink') return { type, ...attributes, target: text.trimEnd() };
  return { type: 'directory', ...attributes, entries: (JSON.parse(text) as { metadata: string[] }).metadata };
}

async function* toItsEnd(content: Readable, path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of content) yield chunk as Buffer;
  } catch (cause) {
    throw new Fault('host', `Cannot read ${path} to its end`, {
      cause,
      hint: 'The instance, or the daemon, has ended meanwhile. Try again.',
    });
  }
}

/** What is at a path, without reading it; `undefined`: nothing. */
export async function findFile(client: Client, name: string, path: string) {
  const target = targetOf(route, { params: { name }, query: { path } });
  const incoming = await client.transport.send({ method: 'HEAD', target });
  incoming.body.resume();
  return incoming.status === 200 ? attributesOf(incoming.headers) : undefined;
}

/** Writes a file, makes a folder or a link. Attributes that are absent are the server's choice. */
export async function writeFile(
  client: Client,
  name: string,
  path: string,
  file: NewRemoteFile,
): Promise<void> {
  const target = targetOf(route, { params: { name }, query: { path } });
  const size = file.type === 'file' ? file.sizeBytes : undefined;
  const incoming = await client.raw({
    method: 'POST',
    target,
    headers: {
      'content-type': 'application/octet-stream',
      'x-lxd-type': file.type,
      ...(file.uid !== undefined && { 'x-lxd-uid': String(file.uid) }),
      ...(file.gid !== undefined && { 'x-lxd-gid': String(file.gid) }),
      ...(file.mode !== undefined && { 'x-lxd-mode': octal(file.mode) }),
      ...(file.type === 'file' && { 'x-lxd-write': 'overwrite' }),
      ...(size !== undefined && { 'content-length': String(size) }),
    },
    body: file.type === 'file' ? file.content : file.type === 'symlink' ? file.target : '',
  });
  incoming.body.resume();
}

export const octal = (mode: number): string => `0${(mode & 0o7777).toString(8).padStart(3, '0')}`;

function attributesOf(headers: IncomingHttpHeaders): RemoteAttributes & { type: RemoteFile['type'] } {
  const type = headers['x-lxd-type'];
  if (type !== 'file' && type !== 'directory' && type !== 'symlink') {
    throw new Fault('unsupported', `The daemon sent a file of type "${String(type)}"`);
  }
  return {
    type,
    uid: Number(headers['x-lxd-uid'] ?? 0),
    gid: Number(headers['x-lxd-gid'] ?? 0),
    mode: Number.parseInt(String(headers['x-lxd-mode'] ?? '0644'), 8),
  };
}
