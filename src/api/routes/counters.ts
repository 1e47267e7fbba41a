import { routes } from '#contract/contract.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';
import { countersDocument } from '../views/counters.ts';
import { metricsText } from '../views/metrics.ts';

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Serves what is counted: of one instance to people, of all to whoever draws curves. */
export function serveCounters({ app, services: { counters } }: Context): void {
  serve(app, routes.getCounters, async ({ params, project }) =>
    countersDocument(await counters.get(project, params.name)),
  );
  serve(app, routes.getMetrics, async ({ project }) => ({
    headers: { 'content-type': openMetrics },
    content: metricsText(await counters.running(project)),
  }));
}
