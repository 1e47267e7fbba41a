import { existsSync, writeFileSync } from 'node:fs';
import { settlesWithin, sleep } from '#base/wait.ts';
import type { ExecRequest, ExecSession, Exit, RunHandle, RunPlan } from '../engine.ts';
import type { ProgramExit } from '#host/process/programs.ts';
import { Fault } from '#model/fault.ts';
import { ConsoleLog } from '../console-log.ts';
import { GuestAgent } from './agent.ts';
import { openSerialConsole } from './console.ts';
import { exitOfQemu } from './exits.ts';
import type { GuestAccess, GuestShell } from './guest-access.ts';
import { agentPortId } from './machine.ts';
import { kvmComplaint, lastWords } from './qemu-log.ts';
import type { QmpEvent } from './qmp/qmp-client.ts';
import { QmpLink } from './qmp/qmp-link.ts';
import type { QmpEvents } from './qmp/types.gen.ts';
import { RoomWatch } from './room-watch.ts';
import type { VmFolder } from './vm-folder.ts';

const firstAnswerMs = 60_000;
const refusalMs = 3_000;
const lastWordMs = 1_000;

export interface VmNotices {
  /** Its guest is up: the agent inside has answered. At most once in the life of a QEMU. */
  ready(vm: Vm): void;
  /** It cannot go on, for that reason, and must be ended. */
  stuck(vm: Vm): void;
  /** Something that people should know of it. */
  trouble(vm: Vm, detail: string): void;
}

/** A QEMU that runs. */
export interface VmRun {
  handle: RunHandle;
  /** When it has ended, and how, if somebody can know. */
  ended: Promise<ProgramExit | undefined>;
  /** Present when an earlier daemon has started it: ends the watch by which `ended` is known. */
  unwatch?: () => void;
}

/** A virtual machine from its start, or from when it was found running, to its end, as this daemon knows it. */
export class Vm {
  /** Changes with `update`. */
  plan: RunPlan;
  readonly folder: VmFolder;
  readonly link: QmpLink;
  readonly console: ConsoleLog;
  /** A stop is under way, and it reports the exit itself. */
  isStopping = false;
  /** How often the kernel killed in its groups for lack of memory, as far as was told. */
  outOfMemoryKills = 0;
  readonly #notices: VmNotices;
  readonly #access: GuestAccess;
  #shell: GuestShell | undefined;
  readonly #agent: GuestAgent;
  readonly #room: RoomWatch;
  #isAgentOpen = false;
  #isPanicked = false;
  #reason: QmpEvents['SHUTDOWN']['reason'] | undefined;
  #failure: string | undefined;
  #viewer: ExecSession | undefined;
  #run: (VmRun & { exited: Promise<Exit> }) | undefined;

  constructor(plan: RunPlan, folder: VmFolder, access: GuestAccess, notices: VmNotices) {
    this.plan = plan;
    this.folder = folder;
    this.link = new QmpLink(folder.sockets.qmp, (event) => this.#hear(event));
    this.console = new ConsoleLog(folder);
    this.#access = access;
    this.#agent = new GuestAgent(folder.sockets.agent);
    this.#room = new RoomWatch(this.link);
    this.#notices = notices;
  }

  /** To be called once, when it runs. */
  follow(run: VmRun): void {
    this.console.open();
    this.#shell = this.#access.open(this.folder.sockets.ssh);
    this.#run = { ...run, exited: run.ended.then((exit) => this.#endedWith(exit)) };
  }

  get handle(): RunHandle {
    return this.#running().handle;
  }

  get exited(): Promise<Exit> {
    return this.#running().exited;
  }

  /** Looks at what an earlier daemon would have heard of. Returns QEMU's word for its state. */
  async catchUp(): Promise<string> {
    const [{ status }, ports] = await Promise.all([
      this.link.execute('query-status'),
      this.link.execute('query-chardev'),
    ]);
    if (ports.some((port) => port.label === 'agent' && port['frontend-open'])) this.#agentOpens();
    return status;
  }

  /** Asks the guest to power off. False when it still runs after `graceMs`. */
  async powersOff(graceMs: number, signal: AbortSignal): Promise<boolean> {
    void this.#askToPowerOff();
    const over = new AbortController();
    const late = sleep(graceMs, AbortSignal.any([signal, over.signal]));
    try {
      return await Promise.race([this.exited.then(() => true), late.then(() => false)]);
    } finally {
      over.abort();
    }
  }

  /** Runs a program inside. */
  async exec(request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    if (!this.#shell) throw new Error(`"${this.plan.name}" does not run`);
    return this.#shell.exec(request, signal);
  }

  /** Throws `busy` while somebody else looks. */
  openConsole(signal: AbortSignal): ExecSession {
    if (this.#viewer) {
      throw new Fault('busy', `Somebody else is at the console of "${this.plan.name}"`, {
        hint: 'It is one keyboard and one screen. What was printed so far: wadah console --show-log',
      });
    }
    const session = openSerialConsole(this.folder.sockets.serial, signal);
    this.#viewer = session;
    void session.exited.then(() => {
      this.#viewer = undefined;
    });
    return session;
  }

  /** Lets go of descriptors and watchers. */
  close(): void {
    this.#room.close();
    this.#run?.unwatch?.();
    this.link.close();
    this.console.close();
    this.#shell?.close();
    this.#viewer?.signal(0);
  }

  #running(): VmRun & { exited: Promise<Exit> } {
    if (!this.#run) throw new Error(`"${this.plan.name}" is still being started`);
    return this.#run;
  }

  async #endedWith(exit: ProgramExit | undefined): Promise<Exit> {
    await settlesWithin(this.link.end(), lastWordMs); // what it said last may still be on the way
    const said = await lastWords(this.folder.qemuLog);
    const printed = await this.console.read().catch(() => '');
    const [isPanicked, reason, failure] = [this.#isPanicked, this.#reason, this.#failure];
    return exitOfQemu({ exit, reason, isPanicked, printed, failure, said });
  }

  #hear({ event, data }: QmpEvent): void {
    switch (event) {
      case 'SHUTDOWN':
        this.#reason = data.reason;
        return;
      case 'GUEST_PANICKED':
        this.#isPanicked = true;
        return;
      case 'RESET':
        this.#shell?.restart();
        return;
      case 'VSERPORT_CHANGE':
        if (data.id !== agentPortId) return;
        this.#isAgentOpen = data.open;
        if (data.open) this.#agentOpens();
        return;
      case 'STOP':
        void this.#lookWhyItStopped();
        return;
      case 'BLOCK_IO_ERROR':
        this.#diskFails(data);
        return;
    }
  }

  #agentOpens(): void {
    this.#isAgentOpen = true;
    if (this.isStopping) void this.#askToPowerOff(); // it was not up yet when it was asked first
    void this.#awaitAnswer().catch(() => undefined); // it opens the port again when it is better
  }

  async #awaitAnswer(): Promise<void> {
    const { ready } = this.folder;
    if (existsSync(ready)) return;
    await this.#agent.ask('guest-ping', undefined, firstAnswerMs);
    if (existsSync(ready)) return;
    writeFileSync(ready, '');
    this.#notices.ready(this);
  }

  /** By its agent, and should that not help, by the power button. A guest that ignores both is its own affair. */
  async #askToPowerOff(): Promise<void> {
    try {
      await this.link.execute('cont'); // a paused guest hears nothing
      if (this.#isAgentOpen) {
        await this.#agent.ask('guest-shutdown', { mode: 'powerdown' }, refusalMs).catch(() => undefined);
      }
      await this.link.execute('system_powerdown');
    } catch {
      // it has ended, or is about to be killed
    }
  }

  #diskFails(data: QmpEvents['BLOCK_IO_ERROR']): void {
    if (this.#room.isWaiting) return; // told already
    this.#notices.trouble(this, diskTrouble(data));
    if (data.action === 'stop') this.#room.wait();
  }

  async #lookWhyItStopped(): Promise<void> {
    const { status } = await this.link.execute('query-status').catch(() => ({ status: 'gone' }));
    if (status !== 'internal-error') return;
    this.#failure = `The guest met something that KVM cannot do: ${await kvmComplaint(this.folder.qemuLog)}`;
    this.#notices.stuck(this);
  }
}

const diskTrouble = ({ operation, action, reason }: QmpEvents['BLOCK_IO_ERROR']): string =>
  action === 'stop'
    ? 'the pool has no room for what a guest writes: it stands still until there is some'
    : `the disk of a guest could not ${operation}: ${reason}`;
