import type { Asked } from '../subject.ts';

/** What the model knows of one instance. */
export interface Guest {
  status: 'Stopped' | 'Running' | 'Frozen';
  note: string;
  hasNic: boolean;
  /** What its file holds; empty: there is none; `?`: of its writers one was interrupted, or two met. */
  file: string;
}

/** What stands under each of the names among which the instances of one slot are made, renamed and deleted. */
export type Slot = Record<string, Guest | null>;

/** `isCancelled`: its caller thinks better of it at once. `interruptMs`: by Ctrl-C, so much later. */
export type Call = { name: string; isCancelled?: boolean; interruptMs?: number } & (
  | { verb: 'launch'; isStarted: boolean; note: string }
  | { verb: 'start' | 'freeze' | 'unfreeze' | 'delete' }
  | { verb: 'stop' | 'restart'; isGraceful: boolean }
  | { verb: 'rename'; to: string }
  | { verb: 'note'; note: string }
  | { verb: 'nic'; isWanted: boolean }
  | { verb: 'exec' | 'push'; token: string }
  | { verb: 'pull' | 'info' }
);

/** What may be answered, without any effect, while others change the same instance at the same moment. */
const inCompany = ['busy', 'wrong-state', 'not-found', 'exists', 'conflict'];
/** What happens to programs inside when others end the instance that they run in. */
const cutOff = ['host', 'cut-off', 'no-file'];

/** All that a slot can be after a call with this answer; nothing, where the answer is wrong. */
export function afterCall(slot: Slot, { call, answer, company }: Asked<Call>): Slot[] {
  const isAlone = company.length === 0;
  if (answer.says === 'lost') return [slot, ...interrupted(slot, call)];
  if (answer.says === 'cancelled') return call.isCancelled ? [slot] : [];
  if (!isAlone && isRead(call)) return [slot];
  if (!isAlone && inCompany.includes(answer.says)) return [slot];
  if (!isAlone && isInside(call) && cutOff.includes(answer.says)) return [slot, ...interrupted(slot, call)];
  if (company.some(isPush)) return besidePush(slot, { call, answer });
  return expected(slot, { call, answer });
}

type Answered = Pick<Asked<Call>, 'call' | 'answer'>;

function expected(slot: Slot, { call, answer }: Answered): Slot[] {
  const { says, slot: after = slot } = effectOf(slot, call, answer.seen);
  return says === answer.says ? [after] : [];
}

/** A file is written where it lies, as `cp` does it: readers see parts of it, and what two write at once gets mixed. */
function besidePush(slot: Slot, { call, answer }: Answered): Slot[] {
  if (call.verb === 'pull') return expected(slot, { call, answer: { says: answer.says } });
  const after = expected(slot, { call, answer });
  return isPush(call) ? [...after, ...after.map((each) => torn(each, call.name))] : after;
}

const isRead = ({ verb }: Call): boolean => verb === 'info';
const isPush = ({ verb }: Call): boolean => verb === 'push';
const isInside = ({ verb }: Call): boolean => ['exec', 'push', 'pull'].includes(verb);

/** Calls that change nothing that another call could meet half-done. */
export const isHarmless = ({ verb }: Call): boolean => ['info', 'exec', 'pull'].includes(verb);

function interrupted(slot: Slot, call: Call): Slot[] {
  const { says, slot: after } = effectOf(slot, call, undefined);
  if (says !== 'ok' || !after) return [];
  return [after, ...(isPush(call) ? [torn(slot, call.name)] : [])];
}

function torn(slot: Slot, name: string): Slot {
  const guest = slot[name];
  return guest ? { ...slot, [name]: { ...guest, file: '?' } } : slot;
}

interface Effect {
  says: string;
  slot?: Slot;
}

/** The only right answer to a call that nothing disturbs, and what it does. */
function effectOf(slot: Slot, call: Call, seen: unknown): Effect {
  const guest = slot[call.name];
  if (call.verb === 'launch') return guest ? { says: 'exists' } : launched(slot, call);
  if (!guest) return { says: 'not-found' };
  const changed = (change: Partial<Guest>): Effect => ({
    says: 'ok',
    slot: { ...slot, [call.name]: { ...guest, ...change } },
  });
  switch (call.verb) {
    case 'start':
      return guest.status === 'Stopped' ? changed({ status: 'Running' }) : { says: 'wrong-state' };
    case 'stop':
      return guest.status === 'Stopped' ? { says: 'wrong-state' } : changed({ status: 'Stopped' });
    case 'restart':
      return guest.status === 'Stopped' ? { says: 'wrong-state' } : changed({ status: 'Running' });
    case 'freeze':
      return guest.status === 'Running' ? changed({ status: 'Frozen' }) : { says: 'wrong-state' };
    case 'unfreeze':
      return guest.status === 'Frozen' ? changed({ status: 'Running' }) : { says: 'wrong-state' };
    case 'delete':
      return guest.status === 'Stopped'
        ? { says: 'ok', slot: { ...slot, [call.name]: null } }
        : { says: 'wrong-state' };
    case 'rename':
      return renamed(slot, guest, call);
    case 'note':
      return changed({ note: call.note });
    case 'nic':
      return changed({ hasNic: call.isWanted });
    case 'exec':
      if (guest.status !== 'Running') return { says: 'wrong-state' };
      return seen === undefined || seen === call.token
        ? { says: 'ok' }
        : { says: `${call.token} and nothing else` };
    case 'push':
      return guest.status === 'Frozen' ? { says: 'wrong-state' } : changed({ file: call.token });
    case 'pull':
      return pulled(guest, seen);
    case 'info':
      return { says: same(seen, visible(guest)) ? 'ok' : JSON.stringify(visible(guest)) };
  }
}

function launched(slot: Slot, { name, note, isStarted }: Extract<Call, { verb: 'launch' }>): Effect {
  const status = isStarted ? 'Running' : 'Stopped';
  return { says: 'ok', slot: { ...slot, [name]: { status, note, hasNic: false, file: '' } } };
}

function renamed(slot: Slot, guest: Guest, { name, to }: Extract<Call, { verb: 'rename' }>): Effect {
  if (slot[to]) return { says: 'exists' };
  return { says: 'ok', slot: { ...slot, [name]: null, [to]: guest } };
}

function pulled({ status, file }: Guest, seen: unknown): Effect {
  if (status === 'Frozen') return { says: 'wrong-state' };
  if (file === '') return { says: 'no-file' };
  return file === '?' || seen === undefined || seen === file ? { says: 'ok' } : { says: file };
}

/** What a document tells of an instance. */
const visible = ({ status, note, hasNic }: Guest) => ({ status, note, hasNic });

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
