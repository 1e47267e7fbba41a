import { CrunEngine } from '#engine/container/crun-engine.ts';
import type { Engine } from '#engine/engine.ts';
import { Lxcfs } from '#host/lxcfs/lxcfs.ts';
import type { InstanceType } from '#model/instance.ts';
import type { Parts } from './parts.ts';

/** The engines of this host, by the type of instance that they run. */
export function makeEngines({
  claims,
  run,
  programs,
  groups,
  logger,
}: Pick<Parts, 'claims' | 'run' | 'programs' | 'groups' | 'logger'>): ReadonlyMap<InstanceType, Engine> {
  const { cgroups, placement, root } = groups;
  const lxcfs = new Lxcfs({ programs, run, root, logger });
  const crun = new CrunEngine({ mark: claims.mark, run, programs, cgroups, placement, lxcfs, logger });
  return new Map([[crun.type, crun]]);
}
