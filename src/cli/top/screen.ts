import { formatBytes } from '#base/units.ts';
import type { Context } from '../context.ts';
import { processesText, spanText, stateOf, statePaint, typeText } from '../instance-text.ts';
import type { Column } from '../output/output.ts';
import { formatTable } from '../output/table.ts';
import { type Activity, type Sorting, sortingKeysText } from './rates.ts';

interface TopColumn extends Column<Activity> {
  /** Shown on terminals that are at least so wide. */
  fromWidth: number;
}

const column = (head: string, fromWidth: number, text: (activity: Activity) => string): TopColumn => ({
  head,
  fromWidth,
  text,
});

const all: readonly TopColumn[] = [
  column('NAME', 0, ({ instance }) => instance.name),
  column('TYPE', 100, ({ instance }) => typeText(instance)),
  {
    ...column('STATE', 110, ({ instance }) => stateOf(instance)),
    paint: ({ instance }) => statePaint(instance),
  },
  {
    ...column('CPU', 0, ({ cpuPercent }) => (cpuPercent === undefined ? '' : `${cpuPercent.toFixed(1)}%`)),
    paint: ({ cpuPercent = 0 }) => (cpuPercent >= 50 ? 'yellow' : undefined),
  },
  column('CPU TIME', 120, ({ instance }) => spanText(instance.state.cpu.usage / 1e9)),
  column('MEMORY', 0, ({ instance }) => short(instance.state.memory.usage)),
  column('LIMIT', 70, ({ instance }) => instance.expanded_config['limits.memory'] ?? ''),
  column('PEAK', 130, ({ instance }) => short(instance.state.memory.usage_peak)),
  column('SWAP', 140, ({ instance }) => short(instance.state.memory.swap_usage)),
  column('PROCESSES', 0, ({ instance }) => processesText(instance.state)),
  column('IN/s', 60, ({ receivedPerSecond }) => speed(receivedPerSecond)),
  column('OUT/s', 60, ({ sentPerSecond }) => speed(sentPerSecond)),
  column('PID', 150, ({ instance }) => String(instance.state.pid)),
  column('IPV4', 170, ({ instance }) => firstAddress(instance)),
];

/** As many of the columns as have room; all where nobody says how wide it is. */
export const columnsWithin = (width = Number.POSITIVE_INFINITY): Column<Activity>[] =>
  all.filter(({ fromWidth }) => fromWidth <= width);

/** One decimal at most, so that numbers stand still while they change. */
function short(bytes: number): string {
  return bytes === 0 ? '' : formatBytes(bytes).replace(/(\.\d)\d/, '$1');
}

const speed = (bytesPerSecond: number | undefined): string =>
  bytesPerSecond === undefined ? '' : short(Math.round(bytesPerSecond));

const firstAddress = ({ state }: Activity['instance']): string =>
  Object.values(state.network)
    .flatMap(({ addresses }) => addresses)
    .find(({ family, scope }) => family === 'inet' && scope === 'global')?.address ?? '';

export interface View {
  sorting: Sorting;
  columns: number;
  rows: number;
  output: Context['output'];
}

/** The whole screen, from its upper left corner. The terminal is raw, so each line goes back to the left by itself. */
export function frame(activities: readonly Activity[], { sorting, columns, rows, output }: View): string {
  const shown = columnsWithin(columns);
  const cpu = activities.reduce((sum, { cpuPercent = 0 }) => sum + cpuPercent, 0);
  const title = `${activities.length} running, ${cpu.toFixed(1)}% CPU, by ${sorting}`;
  const table = formatTable({
    head: shown.map(({ head }) => head),
    rows: activities.map((activity) =>
      shown.map((column) => {
        const paint = column.paint?.(activity);
        const text = column.text(activity);
        return paint === undefined ? { text } : { text, style: (it: string) => output.paint(paint, it) };
      }),
    ),
    borders: 'none',
    headStyle: (text) => output.paint('bold', text),
    maxWidth: columns,
  });
  const lines = [title, `Sort by ${sortingKeysText}; q quits`, '', ...table.trimEnd().split('\n')].slice(
    0,
    rows - 1,
  );
  return `\x1b[H${lines.map((line) => `${line}\x1b[K\r\n`).join('')}\x1b[J`;
}
