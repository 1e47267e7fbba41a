import type { Pool } from '#host/storage/pool.ts';
import type { Expanded } from '#model/expand.ts';
import type { Instance } from '#model/instance.ts';
import { applyLive } from '#model/pending.ts';

/** Options of the root disk that hold at once where the pool can change all limits of it. */
const limits = ['size', 'size.inodes'] as const;

/** What a running instance becomes now when its configuration becomes `wanted`; the rest waits for the next start. */
export function nextOf(
  { pool }: { pool: Pick<Pool, 'isRootLimitedLive'> },
  { id, type }: Pick<Instance, 'id' | 'type'>,
  { inEffect, wanted }: { inEffect: Expanded; wanted: Expanded },
): Expanded {
  const next = applyLive(type, inEffect, wanted);
  const [name] = Object.entries(next.devices).find(([, { path }]) => path === '/') ?? [];
  if (name === undefined || type !== 'container' || !pool.isRootLimitedLive(id)) return next;
  return { ...next, devices: { ...next.devices, [name]: withLimits(next, wanted, name) } };
}

function withLimits(next: Expanded, wanted: Expanded, name: string): Record<string, string> {
  const root = { ...next.devices[name] };
  for (const limit of limits) {
    const value = wanted.devices[name]?.[limit];
    if (value === undefined) delete root[limit];
    else root[limit] = value;
  }
  return root;
}
