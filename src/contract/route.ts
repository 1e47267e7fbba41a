import { Type, type Static, type TObject, type TSchema } from 'typebox';
import type { FaultCode } from '#model/fault.ts';
import { AnyMap } from './schema.ts';

/**
 * How a route answers when all goes well.
 *
 * - `sync`: 200, an envelope with `metadata`
 * - `created`: 201, an empty envelope, the new object's path in `Location`
 * - `operation`: 202, an envelope with the operation, its path in `Location`
 * - `document`: 200, JSON without an envelope
 * - `content`: 200, bytes; `folder` is the metadata of the envelope that a folder gives instead
 * - `websocket`: 101
 */
export type Answer =
  | { kind: 'sync'; metadata: TSchema }
  | { kind: 'created' }
  | { kind: 'operation' }
  | { kind: 'document' }
  | { kind: 'content'; folder?: TSchema }
  | { kind: 'websocket' };

export interface Route {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{name}` stands for one URL-encoded segment. */
  path: string;
  /** Groups routes in the reference. */
  tag: string;
  summary: string;
  /** Keys that are not listed are ignored, as `project` and `target` are where they say nothing. */
  query?: TObject;
  /** JSON, or `content`: bytes with attributes in headers. */
  body?: TSchema | 'content';
  answer: Answer;
  /** It sends an `ETag`, or takes one in `If-Match`. */
  etag?: true;
  /** Codes that it answers with, besides `invalid` and `internal`. */
  faults?: readonly FaultCode[];
}

export const route = <const R extends Route>(declaration: R): R => declaration;

/** `{ name: string }` of `/1.0/instances/{name}`. */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { [K in Name]: string } & PathParams<Rest>
  : unknown;

export type QueryOf<R extends Route> = R['query'] extends TSchema ? Static<R['query']> : unknown;

export type BodyOf<R extends Route> = R['body'] extends TSchema
  ? Static<R['body']>
  : R['body'] extends 'content'
    ? NodeJS.ReadableStream
    : undefined;

/** What comes in `metadata` of a `sync` answer. */
export type MetadataOf<R extends Route> = R['answer'] extends {
  kind: 'sync';
  metadata: infer T extends TSchema;
}
  ? Static<T>
  : never;

/** `project`: there is one so far, `default`. */
export const project = { project: Type.Optional(Type.String()) };
export const allProjects = { 'all-projects': Type.Optional(Type.Boolean()) };
/** 0: paths; 1: objects; 2: objects with state. */
export const recursion = { recursion: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 })) };
export const filter = {
  filter: Type.Optional(
    Type.String({
      description:
        '`field eq value`, with `ne`, `and`, `or`, `not`; dotted fields reach into maps; empty: all',
    }),
  ),
};

export const inProject = Type.Object({ ...project });

/** Paths of a collection's members: what lists answer with `recursion=0`. */
export const paths = Type.Array(Type.String());

/** An answer that says no more than that it worked. */
export const done = { kind: 'sync', metadata: AnyMap } as const;
