import { rm } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '#base/logger.ts';
import { settlesWithin } from '#base/wait.ts';
import type { Context } from './context.ts';
import { createServer } from './http/server.ts';
import { listenOnSocket } from './listen.ts';
import { Recordings } from './recordings.ts';
import { serveAliases } from './routes/aliases.ts';
import { serveConsole } from './routes/console.ts';
import { serveCounters } from './routes/counters.ts';
import { serveDoctor } from './routes/doctor.ts';
import { serveEvents } from './routes/events.ts';
import { serveExec } from './routes/exec.ts';
import { serveFiles } from './routes/files.ts';
import { serveImages } from './routes/images.ts';
import { serveInstanceChanges } from './routes/instance-changes.ts';
import { serveInstances } from './routes/instances.ts';
import { serveLogs } from './routes/logs.ts';
import { serveNetworks } from './routes/networks.ts';
import { serveOperations } from './routes/operations.ts';
import { serveProfiles } from './routes/profiles.ts';
import { serveProjects } from './routes/projects.ts';
import { serveServer } from './routes/server.ts';
import { serveStates } from './routes/states.ts';
import type { ServerInfo } from './server-info.ts';
import type { Services } from './services.ts';
import { Sessions } from './websocket/sessions.ts';

export type { ServerInfo } from './server-info.ts';
export type { Services } from './services.ts';

/** How long requests that are being answered may take when the daemon goes down. */
const closeGraceMs = 2_000;

export interface ApiOptions {
  services: Services;
  logger: Logger;
  info: ServerInfo;
}

/** The HTTP API: the dialect of Incus and LXD on one side, services on the other. */
export interface Api {
  /** For tests, which inject requests without a socket. */
  readonly app: FastifyInstance;
  /** Answers on a unix socket from now on. Throws `invalid` when the path is too long. */
  listen(socketPath: string): Promise<void>;
  /** Takes no more requests, answers those who wait, hangs up on websockets, removes the socket. */
  close(): Promise<void>;
}

export function createApi({ services, logger, info }: ApiOptions): Api {
  const closing = new AbortController();
  const app = createServer(logger);
  const sessions = new Sessions(services.operations);
  const context = {
    app,
    services,
    info,
    logger,
    sessions,
    recordings: new Recordings(),
    closing: closing.signal,
  };
  // After the plugin for websockets, which looks at routes as they are added.
  void app.register(async (scope) => serveAll({ ...context, app: scope }));
  const socketPaths: string[] = [];
  return {
    app,
    async listen(socketPath) {
      await listenOnSocket(app, socketPath);
      socketPaths.push(socketPath);
    },
    async close() {
      closing.abort();
      const closed = app.close();
      // Whoever downloads slowly has had his time.
      if (!(await settlesWithin(closed, closeGraceMs))) app.server.closeAllConnections();
      await closed;
      await Promise.all(socketPaths.map((path) => rm(path, { force: true })));
    },
  };
}

function serveAll(context: Context): void {
  const parts = [
    serveServer,
    serveDoctor,
    serveEvents,
    serveOperations,
    serveInstances,
    serveInstanceChanges,
    serveCounters,
    serveStates,
    serveExec,
    serveConsole,
    serveLogs,
    serveFiles,
    serveImages,
    serveAliases,
    serveProfiles,
    serveNetworks,
    serveProjects,
  ];
  for (const part of parts) part(context);
}
