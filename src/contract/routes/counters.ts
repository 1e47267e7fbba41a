import { InstanceCounters } from '../counters.ts';
import { inProject, route } from '../route.ts';

export const counterRoutes = {
  getCounters: route({
    method: 'GET',
    path: '/1.0/instances/{name}/counters',
    tag: 'instances',
    summary: 'Read what an instance holds, its limits, and how often they refused something',
    query: inProject,
    answer: { kind: 'sync', metadata: InstanceCounters },
    faults: ['not-found'],
  }),
  getMetrics: route({
    method: 'GET',
    path: '/1.0/metrics',
    tag: 'server',
    summary: 'Read what all running instances use, in the OpenMetrics text format',
    query: inProject,
    answer: { kind: 'content' },
  }),
};
