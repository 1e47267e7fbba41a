import { consoleRoutes, execRoutes, fileRoutes, logRoutes } from './routes/inside.ts';
import { counterRoutes } from './routes/counters.ts';
import { doctorRoutes } from './routes/doctor.ts';
import { imageRoutes } from './routes/images.ts';
import { instanceRoutes } from './routes/instances.ts';
import { profileRoutes } from './routes/profiles.ts';
import { serverRoutes } from './routes/server.ts';

/**
 * Every route of the API, once. Requests are validated, answered and described from this table, and the client
 * takes its types from it. `/1.0/containers` and `/1.0/virtual-machines` are older names of `/1.0/instances`.
 */
export const routes = {
  ...serverRoutes,
  ...doctorRoutes,
  ...instanceRoutes,
  ...counterRoutes,
  ...execRoutes,
  ...consoleRoutes,
  ...logRoutes,
  ...fileRoutes,
  ...imageRoutes,
  ...profileRoutes,
};

export type Routes = typeof routes;
export type RouteName = keyof Routes;
