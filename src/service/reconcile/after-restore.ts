import type { RunHandle } from '#engine/engine.ts';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import { processesBelow } from '#host/cgroup/files.ts';
import { isAlive, startTimeOf } from '#host/process/proc.ts';
import type { Instance, InstanceId } from '#model/instance.ts';
import { Journal } from '#operation/journal.ts';
import type { Store } from '#store/store.ts';
import type { ImageDeps } from '../images/deps.ts';
import type { InstanceDeps } from '../instances/deps.ts';
import { expandInstance } from '../instances/plan.ts';

const key = 'restored';

/** In the node store from a restore until nothing is left that the snapshot did not know. */
interface RestoreMark {
  snapshot: string;
  /** A daemon has come since, and has taken over what runs. */
  isTakenUp: boolean;
}

/**
 * Notes in the node store that stores were put back. `isNode`: the node store itself was. Its journals then tell of
 * operations that have ended since: to undo one would take away what was made.
 */
export async function markRestored(node: Store, snapshot: string, isNode: boolean): Promise<void> {
  const journal = new Journal(node);
  if (isNode) for (const { id } of await journal.all()) await journal.remove(id);
  await node.transact({
    writes: [{ put: key, value: { snapshot, isTakenUp: false } satisfies RestoreMark }],
  });
}

export interface AfterRestoreDeps {
  node: Store;
  instances: InstanceDeps;
  images: ImageDeps;
  cgroups: Pick<Cgroups, 'ids' | 'folders' | 'state'>;
  bootId: string;
}

/**
 * What a daemon does about a store that is older than the host: takes over what runs without being known to, and
 * tells what is there that no document names, instead of taking it away as it would after a crash.
 */
export class AfterRestore {
  readonly #deps: AfterRestoreDeps;
  readonly #mark: RestoreMark;

  private constructor(deps: AfterRestoreDeps, mark: RestoreMark) {
    this.#deps = deps;
    this.#mark = mark;
  }

  /** `undefined` when no store was put back, or that is over. */
  static async find(deps: AfterRestoreDeps): Promise<AfterRestore | undefined> {
    const mark = await deps.node.get<RestoreMark>(key);
    return mark && new AfterRestore(deps, mark.value);
  }

  /** Notes how to find instances that run, as the documents have it, without their run being known. */
  async findRuns(project: string): Promise<void> {
    if (this.#mark.isTakenUp) return;
    const { instances, bootId } = this.#deps;
    for (const instance of await instances.records.list(project)) {
      const { handle } = instances.runtimes.get(instance.id);
      if (handle?.bootId === bootId && isAlive(handle.pid, handle.startTime)) continue;
      await this.#findRun(instance);
    }
    await this.#put({ ...this.#mark, isTakenUp: true });
  }

  /** Says in the log what no document names. Where there is nothing such, the restore is over. */
  async tellStrangers(project: string): Promise<void> {
    const { logger, records } = this.#deps.instances;
    const known = new Set((await records.list(project)).map(({ id }) => id));
    const findings = [
      ...(await this.#strangeRuns(known)),
      ...(await this.#strangeDisks(known)),
      ...(await this.#strangeImages(project)),
    ];
    for (const { what, ...fields } of findings) {
      logger.warn(fields, `${what}, which the restored store does not know, is left as it is`);
    }
    if (findings.length === 0) await this.#deps.node.transact({ writes: [{ delete: key }] });
  }

  async #findRun(instance: Instance): Promise<void> {
    const { instances } = this.#deps;
    const handle = await this.#runIn(instance.id);
    if (!handle) return;
    await instances.runtimes.started(instance.id, handle, await expandInstance(instances, instance));
    instances.logger.warn(
      { instance: instance.name, pid: handle.pid },
      'found running, which the restored store did not know',
    );
  }

  /** The first process of an instance's group is its init, or its QEMU. */
  async #runIn(id: InstanceId): Promise<RunHandle | undefined> {
    const { cgroups, bootId } = this.#deps;
    if (!cgroups.state(id).isPopulated) return undefined;
    const pids = await processesBelow(cgroups.folders(id).payload);
    const [first] = pids
      .flatMap((pid): RunHandle[] => {
        const startTime = startTimeOf(pid);
        return startTime === undefined ? [] : [{ bootId, pid, startTime }];
      })
      .sort((a, b) => Number(a.startTime) - Number(b.startTime) || a.pid - b.pid);
    return first;
  }

  async #strangeRuns(known: ReadonlySet<InstanceId>): Promise<Finding[]> {
    const { cgroups, instances } = this.#deps;
    const ids = [...(await cgroups.ids()), ...instances.runtimes.all().map(([id]) => id)];
    const findings: Finding[] = [];
    for (const id of new Set(ids.filter((each) => !known.has(each)))) {
      const run = await this.#runIn(id);
      const hint = `To end it: kill -9 ${run?.pid}`;
      if (run) findings.push({ what: 'A running instance', id, pid: run.pid, hint });
      else await this.#clear(id);
    }
    return findings;
  }

  /** What a run that has ended left on the host; its disk stays. */
  async #clear(id: InstanceId): Promise<void> {
    const { engines, runtimes } = this.#deps.instances;
    for (const engine of engines.values()) await engine.destroy(id);
    await runtimes.stopped(id);
  }

  async #strangeDisks(known: ReadonlySet<InstanceId>): Promise<Finding[]> {
    const { roots } = await this.#deps.instances.pool.contents();
    const hint = 'Put back a newer snapshot, or delete its folder in pool/roots.';
    return roots.filter((id) => !known.has(id)).map((id) => ({ what: 'A disk', id, hint }));
  }

  async #strangeImages(project: string): Promise<Finding[]> {
    const { records, pool } = this.#deps.images;
    const known = new Set((await records.list(project)).map(({ fingerprint }) => fingerprint));
    const { images } = await pool.contents();
    const hint = 'Build it again to use it, or delete its folder in pool/images.';
    return images
      .filter((image) => !known.has(image))
      .map((fingerprint) => ({ what: 'The tree of an image', fingerprint, hint }));
  }

  async #put(mark: RestoreMark): Promise<void> {
    await this.#deps.node.transact({ writes: [{ put: key, value: mark }] });
  }
}

type Finding = { what: string; hint: string } & Record<string, unknown>;
