import { Readable } from 'node:stream';
import { type FileType, fileHeaderPrefixes, fileHeaders, fileTypes, routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { GuestFile, NewGuestFile } from '#service/files/files.ts';
import type { Context } from '../context.ts';
import type { Content } from '../http/call.ts';
import { serve } from '../http/serve.ts';

/** The kernel's PATH_MAX: no link points further. */
const targetBytes = 4096;

/** Serves files inside instances. */
export function serveFiles({ app, services: { files } }: Context): void {
  serve(app, routes.getFile, async ({ params, query, project }) =>
    contentOf(await files.read(project, params.name, absolute(query.path))),
  );
  serve(app, routes.headFile, async ({ params, query, project }) => {
    const file = await files.read(project, params.name, absolute(query.path));
    if (file.type !== 'file') return { headers: headersOf(file), content: '' };
    file.content.destroy();
    return { headers: headersOf(file), content: '', sizeBytes: file.sizeBytes };
  });
  serve(app, routes.postFile, async ({ params, query, project, body, header }) => {
    const file = await newFile(body ?? Readable.from([]), attributeReader(header));
    await files.write(project, params.name, absolute(query.path), file);
    return {};
  });
  serve(app, routes.deleteFile, async ({ params, query, project }) => {
    await files.delete(project, params.name, absolute(query.path));
    return {};
  });
}

/** Clients send paths with or without the leading slash. */
const absolute = (path: string): string => `/${path.replace(/^\/+/, '')}`;

function contentOf(file: GuestFile): Content {
  const headers = headersOf(file);
  switch (file.type) {
    case 'directory':
      return { headers, folder: file.entries };
    case 'symlink':
      return { headers, content: file.target };
    case 'file':
      // Without a size: it may change while it is read, and whoever was promised more bytes would wait for them.
      return { headers, content: file.content };
  }
}

function headersOf(file: GuestFile): Record<string, string> {
  const values: Record<string, string> = {
    [fileHeaders.uid]: String(file.uid),
    [fileHeaders.gid]: String(file.gid),
    [fileHeaders.mode]: file.mode.toString(8).padStart(4, '0'),
    [fileHeaders.type]: file.type,
    ...(file.type === 'file' && { [fileHeaders.modified]: file.modifiedAt }),
  };
  const pairs = Object.entries(values);
  return Object.fromEntries(
    fileHeaderPrefixes.flatMap((prefix) => pairs.map(([name, value]) => [prefix + name, value])),
  );
}

type Attributes = (name: keyof typeof fileHeaders) => string | undefined;

/** Reads an attribute from either family of headers. */
function attributeReader(header: (name: string) => string | undefined): Attributes {
  return (name) => {
    const values = fileHeaderPrefixes.map((prefix) => header(prefix + fileHeaders[name]));
    return values.find((value) => value !== undefined && value !== '');
  };
}

async function newFile(body: Readable, attribute: Attributes): Promise<NewGuestFile> {
  const owner = {
    ...numberIn(attribute, 'uid', 10),
    ...numberIn(attribute, 'gid', 10),
    ...numberIn(attribute, 'mode', 8),
  };
  const type = attribute('type') ?? 'file';
  switch (requireOneOf('type', type, fileTypes) as FileType) {
    case 'directory':
      body.resume();
      return { ...owner, type: 'directory' };
    case 'symlink':
      return { ...owner, type: 'symlink', target: await readTarget(body) };
    case 'file': {
      const write = requireOneOf('write', attribute('write') ?? 'overwrite', ['overwrite', 'append']);
      return { ...owner, type: 'file', content: body, append: write === 'append' };
    }
  }
}

function numberIn<Name extends 'uid' | 'gid' | 'mode'>(
  attribute: Attributes,
  name: Name,
  base: 8 | 10,
): { [K in Name]?: number } {
  const text = attribute(name);
  if (text === undefined) return {};
  const rule = base === 8 ? /^0?o?[0-7]{1,4}$/ : /^\d{1,10}$/;
  if (!rule.test(text)) throw badHeader(name, text, base === 8 ? 'octal digits such as 0644' : 'a number');
  return { [name]: Number.parseInt(text.replace('o', ''), base) } as { [K in Name]?: number };
}

function requireOneOf(name: string, text: string, allowed: readonly string[]): string {
  if (allowed.includes(text)) return text;
  throw badHeader(name, text, `one of ${allowed.join(', ')}`);
}

const badHeader = (name: string, text: string, expected: string): Fault =>
  new Fault('invalid', `The header X-LXD-${name} must be ${expected}, not "${text}"`);

async function readTarget(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > targetBytes) throw new Fault('invalid', `A link's target has at most ${targetBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
