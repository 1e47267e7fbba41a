import type { NicUsage, Usage } from '#engine/engine.ts';
import type { RunCounters } from '#engine/run-counters.ts';

const nicCounts = [
  'receivedBytes',
  'receivedPackets',
  'receivedErrors',
  'receivedDropped',
  'sentBytes',
  'sentPackets',
  'sentErrors',
  'sentDropped',
] as const satisfies readonly (keyof NicUsage)[];

/** What only grows while a run goes on. */
export interface Flows extends Pick<RunCounters, 'processorTime' | 'throttling' | 'pressure' | 'io'> {
  /** By NIC. */
  network: Record<string, Record<(typeof nicCounts)[number], number>>;
}

/** The same number by number, each under its path: `io/vda/reads`. */
export type FlatFlows = Record<string, number>;

export function flowsOf(
  { processorTime, throttling, pressure, io }: RunCounters,
  usage: Pick<Usage, 'network'> | undefined,
): Flows {
  const network = Object.entries(usage?.network ?? {}).map(([name, nic]) => {
    return [name, Object.fromEntries(nicCounts.map((count) => [count, nic[count]]))] as const;
  });
  return {
    processorTime,
    throttling,
    pressure,
    io,
    network: Object.fromEntries(network) as Flows['network'],
  };
}

interface Tree {
  [name: string]: number | Tree;
}

export function flatten(flows: Flows): FlatFlows {
  const flat: FlatFlows = {};
  const visit = (tree: Tree, path: string): void => {
    for (const [name, value] of Object.entries(tree)) {
      if (typeof value === 'number') flat[path + name] = value;
      else visit(value, `${path}${name}/`);
    }
  };
  visit(flows as unknown as Tree, '');
  return flat;
}

/** What is not there is 0. */
export function unflatten(flat: FlatFlows): Flows {
  const wait = () => ({ someMicroseconds: 0, fullMicroseconds: 0 });
  const flows: Flows = {
    processorTime: { userMicroseconds: 0, systemMicroseconds: 0 },
    throttling: { periods: 0, microseconds: 0 },
    pressure: { cpu: wait(), memory: wait(), io: wait() },
    io: {},
    network: {},
  };
  for (const [path, value] of Object.entries(flat)) put(flows as unknown as Tree, path.split('/'), value);
  return flows;
}

function put(tree: Tree, [name = '', ...rest]: readonly string[], value: number): void {
  if (rest.length === 0) tree[name] = value;
  else put((tree[name] ??= {}) as Tree, rest, value);
}
