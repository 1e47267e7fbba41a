import { parseCpuList } from './cpus.ts';
import { noNodes } from './faults.ts';
import { read } from './files.ts';

/** Throws `insufficient` for NUMA nodes that this host lacks. Kernels without NUMA have one node, 0. */
export function requireNodes(wanted: readonly number[]): void {
  const there = parseCpuList(read('/sys/devices/system/node', 'online') ?? '0');
  if (!wanted.every((node) => there.includes(node))) throw noNodes(wanted, there);
}
