import { allDone } from '#base/all-done.ts';
import type { Exit } from '#engine/engine.ts';
import type { Instance } from '#model/instance.ts';
import type { InstanceDeps } from '../deps.ts';
import { engineFor } from '../deps.ts';
import { makeRunPlan } from '../plan.ts';

/** Starts the instance's init and notes how to find it again. */
export async function startRunning(
  deps: InstanceDeps,
  instance: Instance,
  signal: AbortSignal,
): Promise<void> {
  const plan = await makeRunPlan(deps, instance);
  deps.runtimes.passing(instance.id, 'starting');
  // The network drops what it has not admitted, so that neither has to wait for the other.
  const [handle] = await allDone([
    engineFor(deps, instance.type).start(plan, signal),
    ...deps.networks.devicesOf(instance.id).map((device) => deps.networks.admit(instance.id, device)),
  ]);
  await deps.runtimes.started(instance.id, handle);
}

/** Asks it to power off, kills it after `graceMs`, and clears the host of it. */
export async function stopRunning(
  deps: InstanceDeps,
  instance: Instance,
  graceMs: number,
  signal: AbortSignal,
): Promise<Exit> {
  deps.runtimes.passing(instance.id, 'stopping');
  const exit = await engineFor(deps, instance.type).stop(instance.id, graceMs, signal);
  await clearHost(deps, instance);
  return exit;
}

/** Takes away everything that a run left on the host; the disk stays. Ends as `stopped`. */
export async function clearHost(deps: InstanceDeps, instance: Instance): Promise<void> {
  await engineFor(deps, instance.type).destroy(instance.id);
  for (const device of deps.networks.devicesOf(instance.id)) await deps.networks.dismiss(instance.id, device);
  await deps.runtimes.stopped(instance.id);
}
