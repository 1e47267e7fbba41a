import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from '#base/logger.ts';
import { Fault, asFault } from '#model/fault.ts';
import { errorAnswer } from './envelopes.ts';
import { noSuchRoute } from './not-found.ts';
import { httpStatuses } from './statuses.ts';

/** Answers what goes wrong in the words of the dialect; what may be our own fault is logged. */
export function reportFaults(app: FastifyInstance, logger: Logger): void {
  app.setNotFoundHandler((request, reply) => refuse(reply, noSuchRoute(request.method, request.url)));
  app.setErrorHandler<FastifyError | Fault>((error, request, reply) => {
    const { code } = refusalOf(error).fault;
    if (code === 'internal' || code === 'host') {
      const { url } = request.routeOptions;
      logger.error({ err: error, method: request.method, path: url }, 'a request failed');
    }
    return refuse(reply, error);
  });
}

export function refuse(reply: FastifyReply, error: FastifyError | Fault): FastifyReply {
  const { fault, status } = refusalOf(error);
  return reply.code(status).send(errorAnswer(fault, status));
}

/** What to say for refusals of the HTTP server whose own words mislead. */
const plainWords: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is longer than 1 MiB',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The request needs a body, a JSON document',
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is no JSON',
};

/** What the HTTP server itself refuses, such as a body that is too long, carries a status of its own. */
function refusalOf(error: FastifyError | Fault): { fault: Fault; status: number } {
  const status = error instanceof Fault ? undefined : error.statusCode;
  if (status !== undefined && status < 500) {
    return { fault: new Fault('invalid', plainWords[error.code] ?? error.message), status };
  }
  const fault = asFault(error);
  return { fault, status: httpStatuses[fault.code] };
}
