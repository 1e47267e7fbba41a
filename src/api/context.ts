import type { FastifyInstance } from 'fastify';
import type { Logger } from '#base/logger.ts';
import type { Recordings } from './recordings.ts';
import type { ServerInfo } from './server-info.ts';
import type { Services } from './services.ts';
import type { Sessions } from './websocket/sessions.ts';

/** What routes are made with. */
export interface Context {
  app: FastifyInstance;
  services: Services;
  info: ServerInfo;
  logger: Logger;
  sessions: Sessions;
  recordings: Recordings;
  /** Aborts when the daemon goes down: those who wait are answered `unavailable`. */
  closing: AbortSignal;
}
