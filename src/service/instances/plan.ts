import type { RunPlan } from '#engine/engine.ts';
import { readSettings } from '#model/config-keys.ts';
import { expand } from '#model/expand.ts';
import type { Expanded } from '#model/expand.ts';
import type { Instance } from '#model/instance.ts';
import type { InstanceDeps } from './deps.ts';
import { planBoot, planRoot } from './disks.ts';
import { planForwards } from './forwards.ts';
import { planFolderIo, planMounts } from './mounts.ts';
import { reserveNics } from './nics.ts';

export async function expandInstance(
  deps: Pick<InstanceDeps, 'profiles'>,
  instance: Instance,
): Promise<Expanded> {
  return expand(instance, await deps.profiles.getAll(instance.project, instance.profiles));
}

/** Everything an engine needs to run the instance with that configuration. */
export async function makeRunPlan(
  deps: InstanceDeps,
  instance: Instance,
  given?: Expanded,
): Promise<RunPlan> {
  const expanded = given ?? (await expandInstance(deps, instance));
  const { value: image } = await deps.images.get(instance.project, instance.image);
  const settings = readSettings(expanded.config);
  const nics = await reserveNics(deps.networks, instance, expanded.devices);
  return {
    id: instance.id,
    name: instance.name,
    settings,
    init: image.init,
    root: planRoot(deps.pool, instance, expanded.devices),
    boot: planBoot(deps.pool, instance),
    idRange: !settings['security.privileged']
      ? await deps.idRanges.claim(instance.id, settings['security.idmap.size'] ?? 65_536)
      : undefined,
    nics,
    mounts: planMounts(instance.type, expanded.devices),
    folderIo: planFolderIo(expanded.devices),
    forwards: planForwards(instance.type, expanded.devices, nics),
  };
}
