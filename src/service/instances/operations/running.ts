import { allDone } from '#base/all-done.ts';
import type { Exit } from '#engine/engine.ts';
import type { Instance } from '#model/instance.ts';
import type { InstanceDeps } from '../deps.ts';
import { engineFor } from '../deps.ts';
import { openRoot } from '../disks.ts';
import { releaseGoneNics } from '../nics.ts';
import { expandInstance, makeRunPlan } from '../plan.ts';

/** Starts the instance's init and notes how to find it again. Started already: only notes it again. */
export async function startRunning(
  deps: InstanceDeps,
  instance: Instance,
  signal: AbortSignal,
): Promise<void> {
  // A step may be done again: what it started goes on, and what has ended since is cleared up later.
  if (deps.runtimes.get(instance.id).handle) return deps.runtimes.keep(instance.id);
  const expanded = await expandInstance(deps, instance);
  await releaseGoneNics(deps.networks, instance.id, expanded.devices);
  await openRoot(deps, instance, expanded.devices);
  const plan = await makeRunPlan(deps, instance, expanded);
  deps.runtimes.passing(instance.id, 'starting');
  // The network drops what it has not admitted, so that neither has to wait for the other.
  const [handle] = await allDone([
    engineFor(deps, instance.type).start(plan, signal),
    ...deps.networks.devicesOf(instance.id).map((device) => deps.networks.admit(instance.id, device)),
  ]);
  await deps.runtimes.started(instance.id, handle, expanded);
}

/** Asks it to power off, kills it after `graceMs`, and clears the host of it. After a failure it can be tried again. */
export async function stopRunning(
  deps: InstanceDeps,
  instance: Instance,
  graceMs: number,
  signal: AbortSignal,
): Promise<Exit> {
  const { state } = deps.runtimes.get(instance.id);
  deps.runtimes.passing(instance.id, 'stopping');
  try {
    const exit = await engineFor(deps, instance.type).stop(instance.id, graceMs, signal);
    await clearAfterRun(deps, instance);
    return exit;
  } catch (error) {
    deps.runtimes.passing(instance.id, state);
    throw error;
  }
}

/** After a run that has come to its end: clears the host, and gives back what NICs had that were removed meanwhile. */
export async function clearAfterRun(deps: InstanceDeps, instance: Instance): Promise<void> {
  await clearHost(deps, instance);
  const { devices } = await expandInstance(deps, instance);
  await releaseGoneNics(deps.networks, instance.id, devices);
}

/** Takes away everything that a run left on the host; the disk stays. Ends as `stopped`. */
export async function clearHost(deps: InstanceDeps, instance: Instance): Promise<void> {
  await deps.counters.takeIn(instance);
  await engineFor(deps, instance.type).destroy(instance.id);
  await deps.pool.closeRoot(instance.id);
  for (const device of deps.networks.devicesOf(instance.id)) await deps.networks.dismiss(instance.id, device);
  await deps.runtimes.stopped(instance.id);
}
