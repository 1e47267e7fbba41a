import { existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Engine,
  EngineEvent,
  ExecRequest,
  ExecSession,
  Exit,
  RunHandle,
  RunPlan,
  RunStatus,
  TerminalSize,
  Usage,
} from '../engine.ts';
import { bootId, isAlive, startTimeOf } from '#host/process/proc.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import { type CountAbilities, groupAbilities, type RunCounters, readRunCounters } from '../run-counters.ts';
import { Running } from '../running.ts';
import { usageOf } from '../usage.ts';
import { whenGroupEnds } from '../group-end.ts';
import { carryOut } from '../carriers/carrier.ts';
import { accelerationOf } from './acceleration.ts';
import { Cage } from './cage.ts';
import { proxiedGuest } from '../carriers/proxied.ts';
import { vmCarriers } from './carriers/carriers.ts';
import { destroyVm } from './destroy.ts';
import { probeDiskIo } from './disk-io.ts';
import type { DiskIo } from './machine.ts';
import { type StartDeps, startVm } from './start.ts';
import { Vm, type VmNotices, type VmRun } from './vm.ts';
import { type VmFolder, vmFolderOf } from './vm-folder.ts';
import type { VmHost } from './vm-host.ts';

const adoptMs = 10_000;

/** Virtual machines by QEMU: one process each, which goes on by itself when the daemon ends. */
export class QemuEngine implements Engine {
  readonly type = 'virtual-machine';
  readonly #host: VmHost;
  readonly #instances: string;
  readonly #cage: Cage;
  readonly #vms: Running<Vm>;
  #diskIo: Promise<DiskIo> | undefined;

  readonly #notices: VmNotices = {
    ready: (vm) => this.#vms.tellReady(vm),
    stuck: ({ plan }) => void this.#host.cgroups.killAll(plan.id),
    trouble: ({ plan }, detail) => this.#host.logger.warn({ instance: plan.name }, detail),
  };

  constructor(host: VmHost) {
    this.#host = host;
    this.#instances = join(host.run, 'instances');
    this.#cage = new Cage(join(host.run, 'cage'));
    this.#vms = new Running(host.cgroups);
  }

  async version(): Promise<string> {
    const { stdout } = await this.#host.programs.run(['qemu-system-x86_64', '--version']);
    return `QEMU ${/version (\S+)/.exec(stdout)?.[1] ?? ''}`.trim();
  }

  async open(): Promise<void> {
    await mkdir(this.#instances, { recursive: true });
    await chmod(this.#instances, 0o711); // containers have their folders here as well
    await this.#cage.make();
  }

  async close(): Promise<void> {
    this.#vms.close();
  }

  async remove(): Promise<void> {
    await this.#cage.remove();
  }

  onEvent(listener: (event: EngineEvent) => void): void {
    this.#vms.onEvent(listener);
  }

  async start(plan: RunPlan, signal: AbortSignal): Promise<RunHandle> {
    if (this.#vms.find(plan.id)) throw new Fault('wrong-state', `"${plan.name}" runs already`);
    const folder = this.#folder(plan.id);
    if (existsSync(folder.path)) await this.destroy(plan.id); // an earlier try was cut short
    const vm = new Vm(plan, folder, this.#host.guestAccess, this.#notices);
    try {
      const { pid, exited } = await startVm(this.#startDeps(), vm, signal);
      const handle = { bootId: bootId(), pid, startTime: startTimeOf(pid) ?? '' };
      this.#follow(vm, { handle, ended: exited });
      return handle;
    } catch (error) {
      vm.close();
      await this.destroy(plan.id);
      throw error;
    }
  }

  async stop(id: InstanceId, graceMs: number, signal: AbortSignal): Promise<Exit> {
    return this.#vms.stop(id, graceMs, (vm, ms) => vm.powersOff(ms, signal));
  }

  async recover(plan: RunPlan, handle: RunHandle): Promise<RunStatus> {
    const { cgroups, placement, proxies, guestAccess, logger } = this.#host;
    const { id } = plan;
    const isThere = handle.bootId === bootId() && isAlive(handle.pid, handle.startTime);
    if (!isThere) return { state: 'gone' };
    placement.adopt(id, cgroups.cpusOf(id));
    await proxies.takeUp(proxiedGuest(plan), plan.forwards ?? []);
    const vm = new Vm(plan, this.#folder(id), guestAccess, this.#notices);
    const { ended, unwatch } = whenGroupEnds(cgroups, id);
    this.#follow(vm, { handle, ended: ended.then(() => undefined), unwatch });
    try {
      await vm.link.open(adoptMs);
      return { state: (await vm.catchUp()) === 'paused' ? 'paused' : 'running' };
    } catch (error) {
      if (!isAlive(handle.pid, handle.startTime)) return { state: 'gone' };
      logger.warn(
        { err: error, instance: plan.name },
        'a virtual machine runs, but its QEMU does not answer',
      );
      return { state: 'running' };
    }
  }

  async destroy(id: InstanceId): Promise<void> {
    this.#vms.forget(id);
    await this.#host.proxies.forget(id);
    await destroyVm(this.#host.cgroups, id, this.#folder(id));
    this.#host.placement.release(id);
  }

  async update(plan: RunPlan): Promise<void> {
    await this.#vms.use(plan.id, async (vm) => {
      await carryOut(vmCarriers, { before: vm.plan, after: plan }, async (carrier, wanted) => {
        await carrier.limit?.(this.#host, wanted);
        await carrier.wire?.(this.#host, wanted);
        await carrier.change?.(vm.link.execute, wanted);
      });
      vm.plan = plan;
    });
  }

  async pause(id: InstanceId): Promise<void> {
    await this.#vms.use(id, ({ link }) => link.execute('stop'));
  }

  async resume(id: InstanceId): Promise<void> {
    await this.#vms.use(id, ({ link }) => link.execute('cont'));
  }

  async exec(id: InstanceId, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    return this.#vms.get(id).exec(request, signal);
  }

  async console(id: InstanceId, _: TerminalSize, signal: AbortSignal): Promise<ExecSession> {
    return this.#vms.get(id).openConsole(signal);
  }

  async consoleLog(id: InstanceId): Promise<string> {
    return this.#vms.get(id).console.read();
  }

  async clearConsoleLog(id: InstanceId): Promise<void> {
    await this.#vms.get(id).console.clear();
  }

  async usage(id: InstanceId): Promise<Usage | undefined> {
    const vm = this.#vms.find(id);
    const used = vm && this.#host.cgroups.usage(id);
    if (!used) return undefined;
    this.#vms.noticeKills(vm, used.outOfMemoryKills);
    const { pid } = vm.handle;
    const acceleration = accelerationOf(pid);
    const usage = await usageOf(used, pid, vm.plan.nics);
    return { ...usage, processes: undefined, ...(acceleration && { acceleration }) };
  }

  async counters(id: InstanceId): Promise<RunCounters | undefined> {
    return readRunCounters({ cgroups: this.#host.cgroups }, id);
  }

  countAbilities(): CountAbilities {
    return groupAbilities;
  }

  #startDeps(): StartDeps {
    return { ...this.#host, cage: this.#cage, diskIo: () => this.#chooseDiskIo() };
  }

  /** Tried once; again at the next start when the trial did not come to its end. */
  #chooseDiskIo(): Promise<DiskIo> {
    this.#diskIo ??= probeDiskIo(this.#host.programs, this.#cage).catch((error: unknown) => {
      this.#host.logger.warn({ err: error }, 'could not find out how QEMU may use disks: by threads');
      this.#diskIo = undefined;
      return 'threads';
    });
    return this.#diskIo;
  }

  #folder(id: InstanceId): VmFolder {
    return vmFolderOf(this.#instances, id);
  }

  #follow(vm: Vm, run: VmRun): void {
    vm.follow(run);
    this.#vms.add(vm);
  }
}
