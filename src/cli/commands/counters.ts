import { formatBytes } from '#base/units.ts';
import type { InstanceCounters } from '#contract/contract.ts';
import { defineCommand, one } from '../command.ts';
import { instances } from '../completion/completers.ts';
import { spanText } from '../instance-text.ts';
import { type Facts, factLines } from '../output/facts.ts';
import { type Column, listFormats } from '../output/output.ts';

type Counter = InstanceCounters['counters'][string];
type Row = Counter & { resource: string };

const amount = (head: string, field: 'held' | 'peak' | 'barrier' | 'limit'): Column<Row> => ({
  head,
  text: ({ [field]: value, unit }) =>
    value === undefined ? '' : unit === 'bytes' ? formatBytes(value) : String(value),
});

const columns: Column<Row>[] = [
  { head: 'RESOURCE', text: ({ resource }) => resource },
  amount('HELD', 'held'),
  amount('PEAK', 'peak'),
  amount('BARRIER', 'barrier'),
  amount('LIMIT', 'limit'),
  {
    head: 'REFUSED',
    text: ({ refusals }) => String(refusals ?? ''),
    paint: ({ refusals = 0 }) => (refusals > 0 ? 'red' : undefined),
  },
  { head: 'HERE', text: ({ ability }) => (ability === 'none' ? '' : ability) },
];

export const counters = defineCommand({
  summary: 'Show what an instance holds, its limits, and what they refused',
  description: `HELD is in use now. PEAK, REFUSED and what is below the table are of all its runs: where the kernel keeps no peak, it is the most
that was seen. BARRIER is where the kernel begins to press, mostly the limit itself. HERE says what this host
can do about a resource: keep it below a limit (limited), or only tell how much is held (counted);
--format json says by what, or why not.`,
  arguments: { name: one('Name of an instance', instances()) },
  options: {},
  formats: listFormats,
  examples: [
    { line: 'wadah counters web1', note: 'See what it holds, and whether anything was refused' },
    {
      line: 'wadah counters web1 --format json',
      note: 'The same for programs, with everything that is known',
    },
  ],
  async run({ client, output }, { name }) {
    const found = await client.read('/1.0/instances/{name}/counters', { params: { name } });
    const rows = Object.entries(found.counters).map(([resource, counter]) => ({ ...counter, resource }));
    await output.list(rows, columns, found);
    const isForPeople = output.choice.format === 'table' || output.choice.format === undefined;
    if (isForPeople) output.print(factLines(flowFacts(found.total)));
  },
});

function flowFacts({ cpu, pressure, io, network }: InstanceCounters['total']): Facts {
  return {
    'CPU time': spanText(cpu.usage_ns / 1e9),
    'Held back from the processors':
      cpu.throttled_periods > 0
        ? `${cpu.throttled_periods} times, ${spanText(cpu.throttled_us / 1e6)} in all`
        : '',
    'Some of it waited for': Object.entries(pressure)
      .map(([kind, { some_us: us }]) => `${kind} ${spanText(us / 1e6)}`)
      .join(', '),
    Disks: Object.fromEntries(
      Object.entries(io).map(([disk, { read_bytes: read, reads, written_bytes: written, writes }]) => [
        disk,
        `${formatBytes(read)} read in ${reads}, ${formatBytes(written)} written in ${writes} requests`,
      ]),
    ),
    'Dropped packets': Object.entries(network)
      .map(
        ([nic, drops]) => `${nic} ${drops.packets_dropped_inbound} in, ${drops.packets_dropped_outbound} out`,
      )
      .join('; '),
  };
}
