import type { Answer } from '../answer.ts';
import { afterRun, type Call, ended, type Guest, type Slot, withGuest } from './guest.ts';

export interface Effect {
  says: string;
  /** Absent: as it was. */
  slot?: Slot;
}

type Of<Verb extends Call['verb']> = Extract<Call, { verb: Verb }>;

/** The only right answer to a call that nothing disturbs, and what it does. */
export function effectOf(slot: Slot, call: Call, answer?: Answer): Effect {
  const guest = slot[call.name];
  if (call.verb === 'launch') return guest ? { says: 'exists' } : launched(slot, call);
  if (!guest) return { says: 'not-found' };
  if (isOfFile(call) && !hasReachableFiles(guest)) return { says: 'unsupported' };
  switch (call.verb) {
    case 'rename':
      return renamed(slot, guest, call);
    case 'exec':
      return executed(guest, call, answer?.seen);
    case 'pull':
      return pulled(guest, answer);
    case 'info':
      return { says: same(answer?.seen, visible(guest)) ? 'ok' : JSON.stringify(visible(guest)) };
    default: {
      const after = changed(guest, call);
      return after === undefined
        ? { says: 'wrong-state' }
        : { says: 'ok', slot: withGuest(slot, call.name, after) };
    }
  }
}

/** What becomes of it by itself; `undefined`: its state does not allow the call. */
function changed(guest: Guest, call: Call): Guest | null | undefined {
  switch (call.verb) {
    case 'start':
      return isAtRest(guest) ? { ...guest, status: 'Running' } : undefined;
    case 'stop':
      return isAtRest(guest) ? undefined : ended(guest, 'Stopped');
    case 'delete':
      return isAtRest(guest) ? null : undefined;
    case 'restart':
      return isAtRest(guest) ? undefined : { ...afterRun(guest), status: 'Running' };
    case 'freeze':
      return guest.status === 'Running' ? { ...guest, status: 'Frozen' } : undefined;
    case 'unfreeze':
      return guest.status === 'Frozen' ? { ...guest, status: 'Running' } : undefined;
    case 'end':
      return guest.status === 'Running' ? endedByItself(guest, call) : undefined;
    case 'note':
      return { ...guest, note: call.note };
    case 'nic':
      return { ...guest, hasNic: call.isWanted };
    case 'push':
      return guest.status === 'Frozen' ? undefined : { ...guest, file: call.token };
    default:
      return undefined;
  }
}

const isOfFile = ({ verb }: Call): boolean => verb === 'push' || verb === 'pull';
/** Nobody mounts the disk of a virtual machine but its own kernel. */
const hasReachableFiles = (guest: Guest): boolean => guest.type === 'container' || !isAtRest(guest);

const isAtRest = ({ status }: Guest): boolean => status === 'Stopped' || status === 'Error';

function endedByItself(guest: Guest, { how }: Of<'end'>): Guest | null {
  if (how === 'reboot') return guest;
  return ended(guest, how === 'crash' ? 'Error' : 'Stopped');
}

function launched(slot: Slot, { name, type, note, isStarted, isEphemeral }: Of<'launch'>): Effect {
  const status = isStarted ? 'Running' : 'Stopped';
  const guest: Guest = { type, status, note, hasNic: false, isEphemeral, file: '' };
  return { says: 'ok', slot: withGuest(slot, name, guest) };
}

function renamed(slot: Slot, guest: Guest, { name, to }: Of<'rename'>): Effect {
  if (slot[to]) return { says: 'exists' };
  return { says: 'ok', slot: { ...slot, [name]: null, [to]: guest } };
}

function executed({ status }: Guest, { token }: { token: string }, seen: unknown): Effect {
  if (status !== 'Running') return { says: 'wrong-state' };
  return seen === undefined || seen === token ? { says: 'ok' } : { says: `${token} and nothing else` };
}

function pulled({ status, file }: Guest, answer: Answer | undefined): Effect {
  if (status === 'Frozen') return { says: 'wrong-state' };
  if (file === '?') return { says: answer?.says === 'no-file' ? 'no-file' : 'ok' };
  if (file === '') return { says: 'no-file' };
  return answer?.seen === undefined || answer.seen === file ? { says: 'ok' } : { says: file };
}

/** What a document tells of an instance. */
const visible = ({ status, note, hasNic, isEphemeral }: Guest) => ({ status, note, hasNic, isEphemeral });

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
