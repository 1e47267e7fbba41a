import type { ExecRequest, ExecSession, TerminalSize, Usage } from '#engine/engine.ts';
import type { Counter } from '#model/counter.ts';
import type { Config, Instance, InstanceState, InstanceType } from '#model/instance.ts';
import type { Devices } from '#model/device.ts';
import type { PendingChange } from '#model/pending.ts';
import type { OperationHandle } from '#operation/operation.ts';

/** Use cases of instances: what every door (API, both command lines, web page) calls. */
export interface Instances {
  list(project: string): Promise<InstanceView[]>;
  /** Throws `not-found`. */
  get(project: string, name: string): Promise<InstanceView>;
  /** State with usage and addresses, read without starting a program. */
  state(project: string, name: string): Promise<InstanceStateView>;
  states(project: string): Promise<Map<string, InstanceStateView>>;
  create(request: CreateInstance): Promise<OperationHandle>;
  /** Replaces config, devices, profiles, description, ephemeral. `etag`: throws `conflict` when it changed since. */
  update(
    project: string,
    name: string,
    change: InstanceChange,
    etag: string | undefined,
  ): Promise<OperationHandle>;
  changeState(project: string, name: string, change: StateChange): Promise<OperationHandle>;
  rename(project: string, name: string, newName: string): Promise<OperationHandle>;
  delete(project: string, name: string): Promise<OperationHandle>;
  exec(project: string, name: string, request: ExecRequest, signal: AbortSignal): Promise<ExecSession>;
  console(project: string, name: string, size: TerminalSize, signal: AbortSignal): Promise<ExecSession>;
  consoleLog(project: string, name: string): Promise<string>;
  clearConsoleLog(project: string, name: string): Promise<void>;
}

export interface InstanceView {
  instance: Instance;
  state: InstanceState;
  /** Profiles' values below, the instance's own on top. */
  expandedConfig: Config;
  expandedDevices: Devices;
  /** What of that waits for the next start. */
  pending: PendingChange[];
  /** Opaque; changes whenever a writable part does. */
  etag: string;
}

export interface InstanceStateView {
  state: InstanceState;
  usage: Usage | undefined;
  /** Of its root disk while it runs, where few files tell it. */
  disk: Counter | undefined;
  /** By device name, also of stopped instances' reserved addresses only when running. */
  addresses: Record<
    string,
    { mac: string; hostName: string; ipv4: string | undefined; ipv6: string | undefined }
  >;
  startedAt: string | undefined;
  /** Its init has said that it is up (systemd), or runs (plain init). */
  isReady: boolean;
  /** Why it failed, for people. */
  failure: string | undefined;
}

export interface CreateInstance {
  project: string;
  /** Absent or empty: a name is made up. */
  name: string | undefined;
  type: InstanceType;
  source: { fingerprint: string } | { alias: string };
  description: string;
  config: Config;
  devices: Devices;
  /** `undefined`: ['default']. */
  profiles: string[] | undefined;
  ephemeral: boolean;
  /** Start it in the same operation. */
  start: boolean;
}

export interface InstanceChange {
  description?: string | undefined;
  config?: Config | undefined;
  devices?: Devices | undefined;
  profiles?: string[] | undefined;
  ephemeral?: boolean | undefined;
  /** Lower limits even where that makes the kernel kill inside. */
  isForced?: boolean | undefined;
}

export interface StateChange {
  action: 'start' | 'stop' | 'restart' | 'freeze' | 'unfreeze';
  /** Seconds to wait for a graceful stop; `undefined` or negative: the instance's `boot.host_shutdown_timeout`. */
  timeoutSeconds: number | undefined;
  /** Kill at once instead of asking. */
  force: boolean;
}
