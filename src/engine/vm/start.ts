import { closeSync, mkdirSync, openSync } from 'node:fs';
import { allDone } from '#base/all-done.ts';
import { orAborted, settlesWithin } from '#base/wait.ts';
import type { RunPlan } from '../engine.ts';
import type { CgroupFolders } from '#host/cgroup/cgroups.ts';
import type { ProgramExit, SpawnedProgram } from '#host/process/programs.ts';
import { listenStreamSocket } from '#host/sys/unix-sockets.ts';
import { Fault } from '#model/fault.ts';
import { ConsoleLog } from '../console-log.ts';
import { carryOut } from '../carriers/carrier.ts';
import { joinGroups } from '../join-groups.ts';
import { rememberLinks } from '../links.ts';
import type { Accelerator } from './acceleration.ts';
import type { Cage } from './cage.ts';
import { accelerationWish } from './carriers/acceleration.ts';
import { vmCarriers } from './carriers/carriers.ts';
import { sizeOf } from './carriers/size.ts';
import { Descriptors } from './descriptors.ts';
import { diskOf } from './disk.ts';
import { type DiskIo, type Machine, qemuArguments } from './machine.ts';
import { openNics } from './nics.ts';
import { lastWords } from './qemu-log.ts';
import type { QmpLink } from './qmp/qmp-link.ts';
import type { Vm } from './vm.ts';
import { type VmFolder, type VmSocket, vmSockets } from './vm-folder.ts';
import type { VmHost } from './vm-host.ts';

/** A QEMU on a busy host, or on one that is emulated itself, takes its time. */
const greetingMs = 60_000;
const endMs = 1_000;

export interface StartDeps extends VmHost {
  cage: Cage;
  diskIo(): Promise<DiskIo>;
}

/**
 * Makes a virtual machine and lets its guest run; returns its process. After a failure the caller destroys what is
 * there. Throws `not-found` when the disk or the kernel is missing, `busy` when another QEMU has the disk.
 */
export async function startVm(
  deps: StartDeps,
  { plan, folder, link }: Pick<Vm, 'plan' | 'folder' | 'link'>,
  signal: AbortSignal,
): Promise<SpawnedProgram> {
  signal.throwIfAborted();
  mkdirSync(folder.path, { recursive: true, mode: 0o700 });
  const [groups, , accelerator, diskIo] = await allDone([
    prepareGroups(deps, plan),
    ConsoleLog.make(folder, ownerOf(plan)),
    deps.acceleration.choose(accelerationWish(plan.settings)),
    deps.diskIo(),
  ]);
  signal.throwIfAborted();
  rememberLinks(folder.links, plan.nics);
  const program = await launch(deps, plan, { folder, groups, accelerator, diskIo });
  try {
    await orAborted(greet(deps, link, plan), signal);
    return program;
  } catch (error) {
    const exit = await endOf(program, signal.aborted ? 0 : endMs);
    throw exit ? await launchFault(plan, folder, exit) : error;
  }
}

/** How it has ended, or ends within that time; else it is killed, since it may not have come to its groups yet. */
async function endOf({ pid, exited }: SpawnedProgram, withinMs: number): Promise<ProgramExit | undefined> {
  if (await settlesWithin(exited, withinMs)) return exited;
  process.kill(pid, 'SIGKILL');
  await exited;
  return undefined;
}

async function greet(deps: StartDeps, link: QmpLink, plan: RunPlan): Promise<void> {
  await link.open(greetingMs);
  const plans = { before: undefined, after: plan };
  await carryOut(vmCarriers, plans, async (carrier) => {
    await carrier.wire?.(deps, plan);
    await carrier.change?.(link.execute, plan);
  });
  await link.execute('cont');
}

/** Whom QEMU is on the host. */
function ownerOf({ idRange, name }: RunPlan): number {
  if (!idRange) throw new Error(`The virtual machine "${name}" has no ids of its own`);
  return idRange.base;
}

async function prepareGroups(deps: StartDeps, plan: RunPlan) {
  const groups = await deps.cgroups.make(plan.id, 0);
  const plans = { before: undefined, after: plan };
  await carryOut(vmCarriers, plans, async (carrier) => carrier.limit?.(deps, plan));
  return groups;
}

interface Prepared {
  folder: VmFolder;
  groups: CgroupFolders;
  accelerator: Accelerator;
  diskIo: DiskIo;
}

/** Starts QEMU with everything that it needs already open. */
async function launch(
  deps: StartDeps,
  plan: RunPlan,
  { folder, groups, accelerator, diskIo }: Prepared,
): Promise<SpawnedProgram> {
  using descriptors = new Descriptors();
  const machine = {
    ...openFiles(plan, folder, descriptors),
    ...sizeOf(plan.settings),
    name: plan.name,
    accelerator,
    diskIo,
    firmware: deps.firmware === undefined ? undefined : descriptors.open(deps.firmware, 'r', 'The firmware'),
    nics: await openNics(plan, descriptors),
  };
  const added = vmCarriers.flatMap((carrier) => carrier.addArguments?.(plan) ?? []);
  const qemu = deps.cage.command(ownerOf(plan), [...qemuArguments(machine), ...added]);
  const argv = joinGroups({ leaf: groups.payload, v1: Object.values(groups.v1) }, qemu);
  const log = openSync(folder.qemuLog, 'a');
  try {
    return await deps.programs.spawn(argv, { stdio: ['ignore', log, log, ...descriptors.list()] });
  } finally {
    closeSync(log);
  }
}

type Opened = Pick<Machine, 'disk' | 'base' | 'boot' | 'sockets' | 'consoleLog'>;

function openFiles(plan: RunPlan, folder: VmFolder, descriptors: Descriptors): Opened {
  const { boot, name } = plan;
  const { path, format, base } = diskOf(plan);
  const sockets = vmSockets.map((kind) => [kind, descriptors.give(listenStreamSocket(folder.sockets[kind]))]);
  const open = (file: string, what: string, flags: 'r' | 'r+' | 'a' = 'r'): number =>
    descriptors.open(file, flags, `The ${what} of "${name}"`);
  return {
    sockets: Object.fromEntries(sockets) as Record<VmSocket, number>,
    consoleLog: open(folder.consoleLog, 'console log', 'a'),
    disk: { format, descriptor: open(path, 'disk', 'r+') },
    base: base && { format: base.format, descriptor: open(base.path, 'image’s disk') },
    boot: boot && {
      kernel: open(boot.kernel, 'kernel'),
      initrd: boot.initrd === undefined ? undefined : open(boot.initrd, 'initial RAM disk'),
      commandLine: boot.commandLine,
    },
  };
}

async function launchFault({ name }: RunPlan, folder: VmFolder, exit: ProgramExit): Promise<Fault> {
  const said = await lastWords(folder.qemuLog);
  const how = exit.signal ? `was ended by ${exit.signal}` : `ended with status ${exit.code}`;
  const cause = new Error(`QEMU ${how}: ${said}`);
  if (said.startsWith('Is another process using the image')) {
    return new Fault('busy', `The disk of "${name}" is in use by another QEMU`, {
      hint: 'Two systems on one disk destroy it. Find the other one: ps -C qemu-system-x86_64 -o pid,args',
      cause,
    });
  }
  return new Fault('host', `QEMU could not start "${name}": ${said || how}`, { cause });
}
