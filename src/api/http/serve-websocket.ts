import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { Route } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { Call } from './call.ts';
import { callReader, fastifyPath } from './serve.ts';

type Connect = (socket: WebSocket) => void;

/** Puts a websocket on the server. `accept` may refuse by a Fault, while HTTP can still say why. */
export function serveWebsocket<R extends Route>(
  app: FastifyInstance,
  route: R,
  accept: (call: Call<R>) => Connect,
): void {
  const read = callReader(route);
  const accepted = new WeakMap<FastifyRequest, Connect>();
  app.route({
    method: 'GET',
    url: fastifyPath(route.path),
    preHandler: async (request) => {
      if (!request.ws) {
        throw new Fault('invalid', `${route.path} is a websocket`, { hint: 'Send Upgrade: websocket.' });
      }
      accepted.set(request, accept(read(request)));
    },
    // Never reached: what is no websocket has been refused above.
    handler: () => ({}),
    wsHandler: (socket, request) => accepted.get(request)?.(socket),
  });
}
