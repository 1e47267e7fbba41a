import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from '#base/logger.ts';
import { refuse, reportFaults } from './refusals.ts';

/** A JSON body may have a store's value several times over; more is no document of ours. */
const bodyBytes = 1024 * 1024;
/** One message of a websocket: some clients send a whole input as one. */
const messageBytes = 16 * 1024 * 1024;
/**
 * How long a closing websocket waits for the other side to hang up: some clients never do, and only then do we
 * see the end. What was sent before has left by then.
 */
const farewellMs = 200;

/** An HTTP server with the manners of the dialect, but without its routes. */
export function createServer(logger: Logger): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytes,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, _request, reply) => void refuse(reply as FastifyReply, error),
    routerOptions: { maxParamLength: 1024 },
    rewriteUrl: ({ url = '/' }) =>
      url.replace(/^\/1\.0\/(containers|virtual-machines)(?=[/?]|$)/, '/1.0/instances'),
  });
  acceptJson(app);
  reportFaults(app, logger);
  app.addHook('onResponse', (request, reply, done) => {
    const { method, originalUrl } = request;
    // Without the query: it may hold the secret of a stream.
    const [path] = originalUrl.split('?');
    logger.debug({ method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered');
    done();
  });
  const options = { maxPayload: messageBytes, closeTimeout: farewellMs };
  void app.register(websocket, {
    options,
    errorHandler: (error, socket) => {
      logger.debug({ err: error }, 'a websocket broke');
      socket.terminate();
    },
    preClose(done) {
      for (const client of this.websocketServer.clients) {
        client.resume();
        client.close(1001);
      }
      done();
    },
  });
  return app;
}

/** JSON, whatever the type is called: `curl -d` says it is a form. Validation does not depend on it either. */
function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
}
