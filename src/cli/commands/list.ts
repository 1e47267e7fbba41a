import { listInstances, listInstancesFully } from '#client/lists.ts';
import type { InstanceFull } from '#contract/contract.ts';
import { defaultColumns, instanceColumns, parseColumns } from '../columns.ts';
import { any, defineCommand, text } from '../command.ts';
import { words } from '../completion/candidates.ts';
import { instances } from '../completion/completers.ts';
import { parseFilter } from '../filters.ts';
import { listFormats } from '../output/output.ts';

export const list = defineCommand({
  summary: 'List instances',
  description: `Columns: ${Object.keys(instanceColumns).join(', ')}, and every config key, such as user.role.
Filters: the beginning of a name, or name=, state=, type=, image=, profile= or a config key with values.
All filters must match; commas part alternatives. --format csv has no heading, json and yaml have everything.`,
  arguments: { filters: any('What to show, such as web or state=running', instances()) },
  options: {
    columns: text({
      value: 'columns',
      short: 'c',
      help: `What to show of each (default: ${defaultColumns})`,
      complete: words(...Object.keys(instanceColumns)),
    }),
  },
  formats: listFormats,
  examples: [
    { line: 'wadah list', note: 'Show every instance' },
    { line: 'wadah list state=running', note: 'Show those that run' },
    {
      line: 'wadah list web -c name,ipv4,user.role',
      note: 'Show some facts of those whose names begin with web',
    },
    { line: 'wadah list -c n --format csv', note: 'Names only, for scripts' },
  ],
  async run({ client, output }, { filters }, options) {
    const columns = parseColumns(options.columns ?? defaultColumns);
    const matchers = filters.map(parseFilter);
    const isWhole = output.choice.format === 'json' || output.choice.format === 'yaml';
    const isFull = isWhole || columns.some(({ needsState }) => needsState);
    // Columns that read a state are shown only when it was asked for.
    const all = isFull ? await listInstancesFully(client) : ((await listInstances(client)) as InstanceFull[]);
    const shown = all
      .filter((instance) => matchers.every((matches) => matches(instance)))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    await output.list(shown, columns, shown);
    if (all.length === 0) output.advise('There are no instances yet. Try: wadah launch busybox');
  },
});
