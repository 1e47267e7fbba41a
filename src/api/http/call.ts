import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BodyOf, MetadataOf, PathParams, QueryOf, Route } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { OperationHandle } from '#operation/operation.ts';

/** One validated request. */
export interface Call<R extends Route> {
  params: PathParams<R['path']>;
  query: QueryOf<R>;
  body: R['body'] extends 'content' ? Readable : BodyOf<R>;
  /** `default`: the only one so far. */
  project: string;
  /** The collection as the caller names it: `/1.0/instances`, or one of its older names. */
  collection: string;
  /** What `If-Match` asks for. */
  etag: string | undefined;
  header: (name: string) => string | undefined;
}

/** A document that can be changed, and the ETag by which a change finds out that somebody else was faster. */
export interface Tagged<T> {
  metadata: T;
  etag: string;
}

/** Bytes, or the names in a folder, with headers. */
export type Content =
  | { headers: Record<string, string>; content: Readable | Buffer | string; sizeBytes?: number }
  | { headers: Record<string, string>; folder: string[] };

/** What a handler returns for each kind of answer. */
export type Outcome<R extends Route> = R['answer'] extends { kind: 'sync' }
  ? R extends { method: 'GET'; etag: true }
    ? Tagged<MetadataOf<R>>
    : MetadataOf<R>
  : R['answer'] extends { kind: 'created' }
    ? string
    : R['answer'] extends { kind: 'operation' }
      ? OperationHandle
      : R['answer'] extends { kind: 'content' }
        ? Content
        : unknown;

/** Throws `not-found` for projects other than `default`. */
export function projectOf(query: object): string {
  const name = 'project' in query && query.project !== '' ? String(query.project) : 'default';
  if (name === 'default') return name;
  throw new Fault('not-found', `There is no project "${name}"`, { hint: 'There is one so far: default.' });
}

/** The ETag in `If-Match`: quotes and the mark of weak ones fall away; `*` asks for nothing. */
export function requestedEtag(request: FastifyRequest): string | undefined {
  const text = request.headers['if-match']
    ?.trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1');
  return text === '' || text === '*' ? undefined : text;
}

/** Throws `conflict` when a change was made for another version than this one. */
export function requireUnchanged(requested: string | undefined, actual: string): void {
  if (requested === undefined || requested === actual) return;
  throw new Fault('conflict', 'It was changed by someone else in between', {
    hint: 'Read it again and repeat the change.',
  });
}

export function sendContent(
  reply: FastifyReply,
  content: Content,
  toJson: (names: string[]) => object,
): unknown {
  void reply.headers(content.headers);
  if ('folder' in content) return toJson(content.folder);
  if (!reply.hasHeader('content-type')) void reply.type('application/octet-stream');
  if (content.sizeBytes !== undefined) void reply.header('content-length', content.sizeBytes);
  return reply.send(content.content);
}
