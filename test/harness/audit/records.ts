import type { NicOwner } from '#service/networks/nic-index.ts';
import type { Documents } from './documents.ts';

/** Lines for what the stores hold besides the documents of instances, images and profiles themselves. */
export function observedRecords({ shared, node, instances }: Documents): string[] {
  const ids = new Set(instances.map(({ id }) => id));
  return [
    ...[...shared].flatMap(([key, value]) => ofShared(key, value)),
    ...[...node.keys()].flatMap((key) => ofNode(key)),
    ...[...shared.keys(), ...node.keys()]
      .filter((key) => speaksOfStranger(key, ids))
      .map((key) => `record ${key}`),
  ];
}

function ofShared(key: string, value: unknown): string[] {
  const [, kind = '', first = '', second] = key.split('/');
  if (kind === 'nic') return [`nic ${first}.${second}`];
  if (kind === 'nic-mac' || kind === 'nic-ipv4') {
    const { id, device } = value as NicOwner;
    return [`holder ${first} ${id}.${device}`];
  }
  if (kind === 'instance-name') return [`name ${first} of ${(value as { id: string }).id}`];
  return [];
}

function ofNode(key: string): string[] {
  const [kind, id] = key.split('/');
  if (kind === 'run') return [`run ${id}`];
  return kind === 'operation' ? [`journal ${id}`] : [];
}

/** Ids of instances are eight hexadecimal digits wherever they stand. */
function speaksOfStranger(key: string, ids: ReadonlySet<string>): boolean {
  return key.split('/').some((part) => /^[0-9a-f]{8}$/.test(part) && !ids.has(part));
}
