import type { InstanceType } from '#model/instance.ts';

/** What the model knows of one instance. */
export interface Guest {
  type: InstanceType;
  status: 'Stopped' | 'Running' | 'Frozen' | 'Error';
  note: string;
  hasNic: boolean;
  /** Its end is its last. */
  isEphemeral: boolean;
  /**
   * What its file holds; empty: there is none; `?`: of its writers one was interrupted, or two met, or its kernel may
   * not have written it to its disk.
   */
  file: string;
}

/** What stands under each of the names among which the instances of one slot are made, renamed and deleted. */
export type Slot = Record<string, Guest | null>;

/** How an instance ends that nobody stopped: its init asks for that, or is killed. */
export type End = 'power-off' | 'reboot' | 'crash';

/** `isCancelled`: its caller thinks better of it at once. `interruptMs`: by Ctrl-C, so much later. */
export type Call = { name: string; isCancelled?: boolean; interruptMs?: number } & (
  | { verb: 'launch'; type: InstanceType; isStarted: boolean; isEphemeral: boolean; note: string }
  | { verb: 'start' | 'freeze' | 'unfreeze' | 'delete' }
  | { verb: 'stop' | 'restart'; isGraceful: boolean }
  | { verb: 'end'; how: End }
  | { verb: 'rename'; to: string }
  | { verb: 'note'; note: string }
  | { verb: 'nic'; isWanted: boolean }
  | { verb: 'exec' | 'push'; token: string }
  | { verb: 'pull' | 'info' }
);

export type Verb = Call['verb'];

/** With another guest, or none, under that name. */
export const withGuest = (slot: Slot, name: string, guest: Guest | null): Slot => ({
  ...slot,
  [name]: guest,
});

/** After its end. */
export const ended = (guest: Guest, status: 'Stopped' | 'Error'): Guest | null =>
  guest.isEphemeral ? null : { ...afterRun(guest), status };

/** What it is by the next run. */
export const afterRun = (guest: Guest): Guest =>
  guest.type === 'container' ? guest : { ...guest, file: '?' };

export const isRead = ({ verb }: Call): boolean => verb === 'info';
export const isPush = ({ verb }: Call): boolean => verb === 'push';
/** Programs inside, which end with the instance. */
export const isInside = ({ verb }: Call): boolean => ['exec', 'push', 'pull'].includes(verb);
/** Calls that change nothing that another call could meet half-done. */
export const isHarmless = ({ verb }: Call): boolean => ['info', 'exec', 'pull'].includes(verb);
