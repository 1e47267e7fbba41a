import { families } from './metric-families.ts';

/** The page of all metrics: docs/reference/metrics.md. */
export function metricsPage(): string {
  const rows = families.map(({ name, kind, help, samples: { labels } }) => {
    const full = kind === 'counter' ? `${name}_total` : name;
    return `| \`${full}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
  });
  return [
    '# Metrics',
    '',
    'What `GET /1.0/metrics` tells of each instance that runs, as OpenMetrics text. Every sample has the labels `name`, `project`',
    'and `type`. Those that Incus has too bear its names, so that dashboards for it can be used; what Wadah counts besides begins',
    'with `wadah`. Counters are of all runs of an instance. What is not known is left out: of a virtual machine, whatever only its',
    'guest knows. Resources are those of [the counters](counters.md).',
    '',
    '| metric | type | labels besides | what |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
