import type {
  BodyOf,
  MetadataOf,
  PathParams,
  QueryOf,
  Route,
  RouteName,
  Routes,
} from '#contract/contract.ts';

// The route table as types alone: its values belong to the daemon, and would bring its schemas along.

type AnyRoute = Routes[RouteName];
export type Kind = AnyRoute['answer']['kind'];
export type Method = AnyRoute['method'];

/** Paths that answer `method` in one of these ways. */
export type PathOf<M extends Method, K extends Kind> = Extract<
  AnyRoute,
  { method: M; answer: { kind: K } }
>['path'];

/** Methods that may be answered in one of these ways. */
export type MethodOf<K extends Kind> = Extract<AnyRoute, { answer: { kind: K } }>['method'];

type RouteAt<M extends Method, P extends string> = Extract<AnyRoute, { method: M; path: P }>;

/** What may be said along with a request; parameters and a body must, where the route has them. */
export type RequestOf<M extends Method, P extends string> = {
  query?: QueryOf<RouteAt<M, P>>;
  /** Sent in `If-Match`: the server refuses with `conflict` when the object has changed since it was read. */
  etag?: string | undefined;
  signal?: AbortSignal | undefined;
} & (P extends `${string}{${string}` ? { params: PathParams<P> } : unknown) &
  (BodyOf<RouteAt<M, P>> extends undefined ? unknown : { body: BodyOf<RouteAt<M, P>> });

/** The request, which may be left out where nothing in it is needed. */
export type RequestArguments<M extends Method, P extends string> =
  object extends RequestOf<M, P> ? [request?: RequestOf<M, P>] : [request: RequestOf<M, P>];

export type MetadataAt<P extends string> =
  RouteAt<'GET', P> extends infer R extends Route ? MetadataOf<R> : never;

/** What a change is answered with; nothing where the route says nothing. */
export type AnswerAt<M extends Method, P extends string> =
  RouteAt<M, P> extends infer R extends Route
    ? R['answer'] extends { kind: 'sync' }
      ? MetadataOf<R>
      : undefined
    : undefined;

/** A request whose route is not known to the compiler any more. */
export interface LooseRequest {
  params?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
  etag?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Fills the `{names}` of a path and appends the query. */
export function targetOf(path: string, { params = {}, query = {} }: LooseRequest): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(pairs.map(([key, value]): [string, string] => [key, String(value)]));
  return pairs.length > 0 ? `${filled}?${text}` : filled;
}
