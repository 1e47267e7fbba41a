import type { FaultCode } from '#model/fault.ts';
import type { Forward } from '#model/device.ts';
import type { InstanceId } from '#model/instance.ts';

/** What the daemon asks of the proxy: one JSON text on a connection of its own, answered by another. */
export type ProxyRequest =
  /** From now on these and no others for that guest: all of them, or after a refusal what was before. */
  | { do: 'serve'; guest: RunningGuest; forwards: readonly Forward[] }
  | { do: 'forget'; id: InstanceId }
  | { do: 'list' };

export interface ProxyAnswer {
  /** Whom it serves, as an answer to `list`. */
  ids?: InstanceId[];
  fault?: { code: FaultCode; message: string; hint: string | undefined };
}

/** A container that runs. */
export interface RunningGuest {
  id: InstanceId;
  /** Of its init. */
  pid: number;
  /** Field 22 of /proc/PID/stat, which tells it from a later process of that number. */
  startTime: string;
  /** Its v2 group: when nothing lives in there, it has ended. */
  group: string;
  /** Who its root is on the host. */
  idBase: number;
}
