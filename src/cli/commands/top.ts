import { sleep } from '#base/wait.ts';
import { listInstancesFully } from '#client/lists.ts';
import type { Client } from '#client/client.ts';
import { defineCommand, flag, oneOf, parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { listFormats } from '../output/output.ts';
import { withTerminal } from '../terminal.ts';
import { Keys } from '../top/keys.ts';
import {
  type Activity,
  activitiesBetween,
  type Sample,
  sorted,
  type Sorting,
  sortingByKey,
  sortingKeysText,
  sortings,
} from '../top/rates.ts';
import { columnsWithin, frame } from '../top/screen.ts';

const sortingNames = Object.keys(sortings) as Sorting[];
const usualSeconds = 2;

export const top = defineCommand({
  summary: 'Watch what running instances use, of both kinds, live',
  description: `At a terminal it goes on until q or Ctrl-C, and one key chooses the order:
${sortingKeysText}. Anywhere else, and with --once, it looks twice and prints one table. CPU is percent of one
processor. Wider terminals show more columns.`,
  arguments: {},
  options: {
    sort: oneOf(sortingNames, {
      value: 'order',
      short: 's',
      help: `By what to sort: ${sortingNames.join(', ')} (default: cpu)`,
    }),
    interval: parsed({
      value: 'seconds',
      short: 'i',
      help: `How long between two looks (default: ${usualSeconds})`,
      parse: secondsOf,
    }),
    once: flag('Print one table and return'),
  },
  formats: listFormats,
  examples: [
    { line: 'wadah top', note: 'Watch, the busiest first' },
    { line: 'wadah top --sort memory --interval 5', note: 'Watch memory, with a look every five seconds' },
    { line: 'wadah top --once --format csv', note: 'What goes on now, for scripts' },
  ],
  async run(context, _, { sort, interval = usualSeconds, once }) {
    const sorting = (sort ?? 'cpu') as Sorting;
    const { stdin, stdout } = context.surroundings;
    const isLive = stdin.isTTY && stdout.isTTY && !once && context.output.choice.format === 'table';
    if (isLive) await watch(context, sorting, interval);
    else await printOnce(context, sorting, interval);
  },
});

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.2 && seconds <= 3600) return seconds;
  throw new Error('It is a number of seconds from 0.2 to 3600.');
}

async function look(client: Client): Promise<Sample> {
  const instances = await listInstancesFully(client);
  return { at: performance.now(), instances };
}

async function printOnce(
  { client, output, surroundings }: Context,
  sorting: Sorting,
  seconds: number,
): Promise<void> {
  const before = await look(client);
  if (before.instances.every(({ state }) => state.pid === 0))
    output.advise('Nothing runs. Try: wadah start --all');
  else await sleep(seconds * 1000);
  const rows = sorted(activitiesBetween(before, await look(client)), sorting);
  const { isTTY, columns } = surroundings.stdout;
  await output.list(rows, columnsWithin(isTTY ? columns : undefined), rows.map(documentOf));
}

const documentOf = ({ instance, cpuPercent, receivedPerSecond, sentPerSecond }: Activity) => ({
  name: instance.name,
  type: instance.type,
  cpu_percent: cpuPercent ?? null,
  memory: instance.state.memory.usage,
  swap: instance.state.memory.swap_usage,
  processes: instance.state.processes,
  received_per_second: receivedPerSecond ?? null,
  sent_per_second: sentPerSecond ?? null,
});

/** Draws over itself on a screen of its own until it is told to stop; what was on the terminal comes back. */
async function watch(
  { client, output, surroundings }: Context,
  first: Sorting,
  seconds: number,
): Promise<void> {
  await withTerminal(surroundings, async (terminal) => {
    let sorting = first;
    let before: Sample | undefined;
    let now = await look(client);
    const draw = (): void => {
      const { columns, rows } = terminal.size();
      terminal.output.write(
        frame(sorted(activitiesBetween(before, now), sorting), { sorting, columns, rows, output }),
      );
    };
    const keys = new Keys(terminal.input, (key) => {
      sorting = sortingByKey[key] ?? sorting;
      draw();
    });
    terminal.onResize(draw);
    terminal.output.write('\x1b[?1049h\x1b[?25l');
    try {
      for (;;) {
        draw();
        if (await keys.quitWithin(seconds * 1000)) return;
        [before, now] = [now, await look(client)];
      }
    } finally {
      keys.close();
      terminal.output.write('\x1b[?25h\x1b[?1049l');
    }
  });
}
