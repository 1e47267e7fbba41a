import { existsSync } from 'node:fs';
import pLimit from 'p-limit';
import type {
  Engine,
  EngineEvent,
  ExecRequest,
  ExecSession,
  Exit,
  MountedRoot,
  RunHandle,
  RunPlan,
  RunStatus,
  TerminalSize,
  Usage,
} from '../engine.ts';
import { daemonGroup } from '#host/cgroup/layout.ts';
import { bootId, isAlive, startTimeOf } from '#host/process/proc.ts';
import { Fault, isFault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import { openConsole } from './console.ts';
import { ConsoleLog } from '../console-log.ts';
import { carryOut } from '../carriers/carrier.ts';
import { containerCarriers } from './carriers/carriers.ts';
import { proxiedContainer } from './carriers/proxies.ts';
import type { ContainerHost } from './container-host.ts';
import { Container, type ContainerParts } from './container.ts';
import { Crun } from './crun.ts';
import { destroyContainer } from './destroy.ts';
import { startExec } from './exec.ts';
import { exitOfAdopted, notedExit } from './exits.ts';
import { HostFolders } from './host-folders.ts';
import { harmlessDevices, ownRights } from './host-offer.ts';
import { mountStoppedRoot } from './mounted-root.ts';
import { NotifySocket } from './readiness.ts';
import { type RunFolder, runFolderOf } from './run-folder.ts';
import { type StartDeps, startContainer } from './start.ts';
import { Strays } from './strays.ts';
import { type CountAbilities, groupAbilities, type RunCounters, readRunCounters } from '../run-counters.ts';
import { Running } from '../running.ts';
import { usageOf } from '../usage.ts';

/** Each takes a process for a moment; one that hangs keeps few others waiting. */
const filesAtOnce = 4;

/** Containers by crun. Nothing of ours stays with a container: no process, no open descriptor that it needs. */
export class CrunEngine implements Engine {
  readonly type = 'container';
  readonly #host: ContainerHost;
  readonly #crun: Crun;
  readonly #strays: Strays;
  readonly #folders: HostFolders;
  readonly #containers: Running<Container>;
  readonly #rights = ownRights();

  constructor(host: ContainerHost) {
    this.#host = host;
    this.#folders = new HostFolders(host.run);
    this.#crun = new Crun(this.#folders.crun);
    this.#strays = new Strays(daemonGroup(host.mark));
    this.#containers = new Running(host.cgroups);
  }

  async version(): Promise<string> {
    return `crun ${await this.#crun.version(this.#host.programs)}`;
  }

  async open(): Promise<void> {
    const { lxcfs, logger, beancounters, reboots, proxies } = this.#host;
    await this.#folders.make();
    await proxies.open();
    await beancounters.open();
    await reboots.open();
    this.#strays.open();
    lxcfs.onRestart(() => this.#giveFilesAgain());
    await lxcfs.open().catch((error: unknown) => {
      if (!isFault(error)) throw error;
      logger.warn(
        { fault: error.message, hint: error.hint },
        'without lxcfs, containers see the memory and load of the whole host',
      );
    });
  }

  async close(): Promise<void> {
    this.#containers.close();
    this.#strays.close();
    this.#host.lxcfs.close();
    this.#host.proxies.close();
    this.#host.beancounters.close();
    this.#host.reboots.close();
    this.#crun.close();
  }

  async remove(): Promise<void> {
    await this.#host.lxcfs.remove();
    await this.#host.proxies.remove();
    await this.#folders.remove();
  }

  onEvent(listener: (event: EngineEvent) => void): void {
    this.#containers.onEvent(listener);
  }

  async start(plan: RunPlan, signal: AbortSignal): Promise<RunHandle> {
    if (this.#containers.find(plan.id)) throw new Fault('wrong-state', `"${plan.name}" runs already`);
    const folder = this.#folder(plan.id);
    if (existsSync(folder.path)) await this.destroy(plan.id); // an earlier try was cut short
    try {
      const { pid, ...parts } = await this.#strays.whileCrunWorks(plan.id, () =>
        startContainer(this.#startDeps(), plan, folder, signal),
      );
      const handle = { bootId: bootId(), pid, startTime: startTimeOf(pid) ?? '' };
      await carryOut(containerCarriers, { before: undefined, after: plan }, async (carrier) =>
        carrier.connect?.(this.#host, plan, handle),
      );
      const container = this.#follow({ ...parts, plan, folder, handle });
      if (!plan.init.notifiesReady) setImmediate(() => this.#containers.tellReady(container));
      return handle;
    } catch (error) {
      await this.destroy(plan.id);
      throw error;
    }
  }

  async stop(id: InstanceId, graceMs: number, signal: AbortSignal): Promise<Exit> {
    return this.#containers.stop(id, graceMs, async (container, ms) => {
      await this.#host.cgroups.thaw(id);
      return container.powersOff(ms, signal);
    });
  }

  async recover(plan: RunPlan, handle: RunHandle): Promise<RunStatus> {
    const { cgroups, placement, proxies } = this.#host;
    const { id, init, idRange } = plan;
    const isThere = handle.bootId === bootId() && isAlive(handle.pid, handle.startTime);
    if (!isThere) return { state: 'gone' };
    const folder = this.#folder(id);
    const isWaitedFor = init.notifiesReady && NotifySocket.isWaitedAt(folder.notifySocket);
    placement.adopt(id, cgroups.cpusOf(id));
    this.#follow({
      plan,
      handle,
      folder,
      groups: cgroups.folders(id),
      console: new ConsoleLog(folder),
      notify: isWaitedFor ? new NotifySocket(folder.notifySocket, idRange?.base ?? 0) : undefined,
      ...exitOfAdopted(this.#host, id, handle),
    });
    await proxies.takeUp(proxiedContainer(plan, handle, cgroups), plan.forwards ?? []);
    return { state: cgroups.state(id).isFrozen ? 'paused' : 'running' };
  }

  exitOfGone(handle: RunHandle): Exit {
    return notedExit(this.#host.reboots, handle);
  }

  async destroy(id: InstanceId): Promise<void> {
    this.#containers.forget(id);
    await this.#host.proxies.forget(id);
    this.#host.beancounters.forget(this.#host.cgroups.folders(id).group);
    await destroyContainer({ cgroups: this.#host.cgroups, crun: this.#crun }, id, this.#folder(id));
    this.#host.placement.release(id);
  }

  async update(plan: RunPlan, how: { isForced: boolean }): Promise<void> {
    await this.#containers.use(plan.id, async (container) => {
      const plans = { before: container.plan, after: plan };
      await carryOut(containerCarriers, plans, async (carrier, wanted) => {
        await carrier.limit?.(this.#host, wanted, how);
        await carrier.wire?.(this.#host, wanted);
        const instead = wanted === plan ? plans.before : plan;
        await carrier.change?.(this.#host, wanted, { pid: container.handle.pid, instead });
        await carrier.connect?.(this.#host, wanted, container.handle);
      });
      container.plan = plan;
    });
  }

  async pause(id: InstanceId): Promise<void> {
    await this.#containers.use(id, () => this.#host.cgroups.freeze(id));
  }

  async resume(id: InstanceId): Promise<void> {
    await this.#containers.use(id, () => this.#host.cgroups.thaw(id));
  }

  async exec(id: InstanceId, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    const { programs } = this.#host;
    const deps = { programs, crun: this.#crun, strays: this.#strays, host: this.#rights };
    return startExec(deps, this.#containers.get(id), request, signal);
  }

  async console(id: InstanceId, size: TerminalSize, signal: AbortSignal): Promise<ExecSession> {
    return openConsole((request) => this.exec(id, request, signal), size, this.#containers.get(id).console);
  }

  async consoleLog(id: InstanceId): Promise<string> {
    return this.#containers.get(id).console.read();
  }

  async clearConsoleLog(id: InstanceId): Promise<void> {
    await this.#containers.get(id).console.clear();
  }

  async usage(id: InstanceId): Promise<Usage | undefined> {
    const container = this.#containers.find(id);
    const used = container && this.#host.cgroups.usage(id);
    if (!used) return undefined;
    this.#containers.noticeKills(container, used.outOfMemoryKills);
    return usageOf(used, container.handle.pid, container.plan.nics);
  }

  async counters(id: InstanceId, { isWhole }: { isWhole: boolean }): Promise<RunCounters | undefined> {
    const container = isWhole ? this.#containers.find(id) : undefined;
    const whole = container && { pid: container.handle.pid, ids: container.plan.idRange };
    return readRunCounters(this.#host, id, whole);
  }

  countAbilities(): CountAbilities {
    return { ...groupAbilities, ...this.#host.beancounters.abilities() };
  }

  async mountRoot(plan: Pick<RunPlan, 'id' | 'name' | 'root'>): Promise<MountedRoot> {
    return mountStoppedRoot(this.#folders.mounts, plan);
  }

  #follow(parts: ContainerParts): Container {
    const container = new Container(parts);
    this.#containers.add(container);
    container.listen(() => this.#containers.tellReady(container));
    return container;
  }

  #startDeps(): StartDeps {
    const cgroups = this.#host.cgroups.version === 2 ? 'v2' : 'hybrid';
    const offer = { cgroups, devices: harmlessDevices(), ...this.#rights } as const;
    return { ...this.#host, crun: this.#crun, strays: this.#strays, offer };
  }

  #folder(id: InstanceId): RunFolder {
    return runFolderOf(this.#folders.instances, id);
  }

  #giveFilesAgain(): void {
    const inTurn = pLimit(filesAtOnce);
    for (const container of this.#containers.all()) void inTurn(() => this.#giveFiles(container));
  }

  async #giveFiles({ handle, plan }: Container): Promise<void> {
    try {
      await this.#host.lxcfs.rebind(handle.pid);
    } catch (error) {
      this.#host.logger.warn(
        { err: error, instance: plan.name },
        'lxcfs could not be given to an instance again',
      );
    }
  }
}
