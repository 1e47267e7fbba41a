import { PassThrough, type Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Route } from '#contract/contract.ts';
import type { OperationHandle } from '#operation/operation.ts';
import { type Call, type Content, type Outcome, type Tagged } from './call.ts';
import { projectOf, requestedEtag, sendContent } from './call.ts';
import { asyncAnswer, operationPath, syncAnswer } from './envelopes.ts';
import { bodyReader, queryReader } from './validate.ts';

/** Puts a route of the contract on the server: validates the request, hands over, wraps what comes back. */
export function serve<R extends Route>(
  app: FastifyInstance,
  route: R,
  handle: (call: Call<R>) => Promise<Outcome<R>> | Outcome<R>,
): void {
  const read = callReader(route);
  const options: RouteOptions = {
    method: route.method,
    url: fastifyPath(route.path),
    handler: async (request, reply) => answer(route, await handle(read(request)), reply),
  };
  if (route.body === 'content') void app.register(async (scope) => takeBytes(scope).route(options));
  else app.route(options);
}

/** Bodies are handed over as streams in this scope. */
function takeBytes(scope: FastifyInstance): FastifyInstance {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, detached(payload)));
  // What nobody wanted is read and dropped, before the next request on the connection.
  scope.addHook('onResponse', (request, _reply, done) => {
    request.raw.unpipe().resume();
    done();
  });
  return scope;
}

/** Whoever gives up on it in the middle destroys it, and Node never reads again from the connection of a destroyed body. */
function detached(body: Readable): Readable {
  const through = new PassThrough();
  body.once('error', (error) => through.destroy(error));
  return body.pipe(through);
}

/** `/1.0/instances/{name}` in the words of the HTTP server. */
export const fastifyPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** Throws `invalid`, `unsupported` or, for another project, `not-found`. */
export function callReader<R extends Route>(route: R): (request: FastifyRequest) => Call<R> {
  const readQuery = route.query && queryReader(route.query);
  const readBody = typeof route.body === 'object' ? bodyReader(route.body) : undefined;
  return (request) => {
    const query = (readQuery?.(request.query) ?? {}) as object;
    const body = route.body === 'content' ? (request.body as Readable) : readBody?.(request.body);
    const call = {
      params: request.params,
      query,
      body,
      project: projectOf(query),
      collection: collectionOf(request.originalUrl),
      etag: requestedEtag(request),
      header: (name: string) => [request.headers[name.toLowerCase()]].flat()[0],
    };
    return call as unknown as Call<R>;
  };
}

const collectionOf = (url: string): string => /^\/1\.0\/[^/?]+/.exec(url)?.[0] ?? '';

function answer(route: Route, outcome: unknown, reply: FastifyReply): unknown {
  switch (route.answer.kind) {
    case 'sync':
      return syncAnswer(
        route.method === 'GET' && route.etag ? untag(outcome as Tagged<unknown>, reply) : outcome,
      );
    case 'created':
      void reply.code(201).header('location', outcome);
      return syncAnswer({});
    case 'operation': {
      const view = (outcome as OperationHandle).view();
      void reply.code(202).header('location', operationPath(view.id));
      return asyncAnswer(view);
    }
    case 'content':
      return sendContent(reply, outcome as Content, syncAnswer);
    case 'document':
    case 'websocket':
      return outcome;
  }
}

function untag({ metadata, etag }: Tagged<unknown>, reply: FastifyReply): unknown {
  void reply.header('etag', `"${etag}"`);
  return metadata;
}
