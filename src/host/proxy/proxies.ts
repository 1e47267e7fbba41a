import type { Forward } from '#model/device.ts';
import type { InstanceId } from '#model/instance.ts';
import type { RunningGuest } from './protocol.ts';

export type { RunningGuest } from './protocol.ts';

/** Forwards connections between the host and the instances of one daemon, whether that lives or not. */
export interface Proxies {
  /** Takes over what goes on. */
  open(): Promise<void>;
  /** Lets go of it. It goes on. */
  close(): void;
  /** Ends it, and takes away what it made. Nothing there: succeeds. */
  remove(): Promise<void>;
  /**
   * From now on these and no others: all of them or, after a refusal, what was before. What stays as it is, is not
   * interrupted. Throws `exists` when somebody listens there already, `not-found` for addresses and folders that are
   * not there, `host`.
   */
  serve(guest: ProxiedGuest, forwards: readonly Forward[]): Promise<void>;
  /** As `serve`, for what was served before a daemon came or a change failed: what cannot be is told to the log only. */
  takeUp(guest: ProxiedGuest, forwards: readonly Forward[]): Promise<void>;
  /** Ends whatever is forwarded for it. Nothing: succeeds. */
  forget(id: InstanceId): Promise<void>;
}

export interface ProxiedGuest {
  id: InstanceId;
  name: string;
  /** Its addresses with the sizes of their networks: `10.77.0.2/20`. */
  addresses: readonly string[];
  /** Absent for virtual machines, of which the host sees no inside. */
  running?: RunningGuest;
}
