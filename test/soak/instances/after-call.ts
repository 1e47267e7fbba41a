import type { Answer } from '../answer.ts';
import type { Asked } from '../subject.ts';
import { effectOf } from './effect.ts';
import { type Call, ended, isInside, isPush, isRead, type Slot, withGuest } from './guest.ts';

type Answered = Pick<Asked<Call>, 'call' | 'answer'>;
type Ended = Pick<Asked<Call>, 'answer' | 'company'> & { call: Extract<Call, { verb: 'end' }> };

/** What may be answered, without any effect, while others change the same instance at the same moment. */
const inCompany = ['busy', 'wrong-state', 'not-found', 'exists', 'conflict'];
/** What happens to programs inside when others end the instance that they run in. */
const cutOff = ['host', 'cut-off', 'no-file'];

/** All that a slot can be after a call with this answer; nothing, where the answer is wrong. */
export function afterCall(slot: Slot, asked: Asked<Call>): Slot[] {
  const { call, answer, company } = asked;
  const isAlone = company.length === 0;
  if (call.verb === 'end' && !isRefused(answer)) return afterEnd(slot, { call, answer, company });
  if (answer.says === 'lost') return [slot, ...takenBack(slot, call), ...interrupted(slot, call)];
  if (answer.says === 'cancelled') return call.isCancelled ? [slot, ...takenBack(slot, call)] : [];
  if (isAlone) return expected(slot, { call, answer });
  if (isRead(call) || inCompany.includes(answer.says)) return [slot];
  if (isInside(call) && cutOff.includes(answer.says)) return [slot, ...interrupted(slot, call)];
  return company.some(isPush) ? besidePush(slot, { call, answer }) : expected(slot, { call, answer });
}

const isRefused = ({ says }: Answer): boolean => says === 'wrong-state' || says === 'not-found';

/** In company somebody else may have ended it, or given it another name meanwhile. */
function afterEnd(slot: Slot, { call, answer, company }: Ended): Slot[] {
  if (!['ok', 'unseen', 'lost'].includes(answer.says)) return [];
  if (company.length === 0) return endOf(slot, { call, answer });
  const ends = Object.keys(slot).flatMap((name) => {
    const from = awake(slot, name); // who pauses it at that moment does not keep it from being killed
    return [...endOf(from, { call: { ...call, name }, answer }), ...notYetDeleted(from, name)];
  });
  return [slot, ...ends];
}

/** `unseen`: nobody knows that it crashed, so that it is shown as stopped. */
function endOf(slot: Slot, { call, answer }: Omit<Ended, 'company'>): Slot[] {
  if (answer.says === 'lost') return [slot, ...interrupted(slot, call)];
  const seen: Call = answer.says === 'unseen' ? { ...call, how: 'power-off' } : call;
  return expected(slot, { call: seen, answer: { says: 'ok' } });
}

function awake(slot: Slot, name: string): Slot {
  const guest = slot[name];
  return guest?.status === 'Frozen' ? withGuest(slot, name, { ...guest, status: 'Running' }) : slot;
}

function expected(slot: Slot, { call, answer }: Answered): Slot[] {
  const { says, slot: after = slot } = effectOf(slot, call, answer);
  return says === answer.says ? [after] : [];
}

/** A file is written where it lies, as `cp` does it: readers see parts of it, and what two write at once gets mixed. */
function besidePush(slot: Slot, { call, answer }: Answered): Slot[] {
  if (call.verb === 'pull') return expected(slot, { call, answer: { says: answer.says } });
  const after = expected(slot, { call, answer });
  return isPush(call) ? [...after, ...after.map((each) => torn(each, call.name))] : after;
}

/** What was done in whole or in part when the answer was lost: a daemon may die between the end of a run and the next. */
function interrupted(slot: Slot, call: Call): Slot[] {
  const { says, slot: after } = effectOf(slot, call);
  if (says !== 'ok' || !after) return [];
  if (isPush(call)) return [after, torn(slot, call.name)];
  if (call.verb === 'end') return [after, ...atRest(slot, call.name)];
  return [after];
}

/** What is left of a start clears away that the run before it failed. */
function takenBack(slot: Slot, { name, verb }: Call): Slot[] {
  const guest = slot[name];
  return verb === 'start' && guest?.status === 'Error'
    ? [withGuest(slot, name, { ...guest, status: 'Stopped' })]
    : [];
}

function atRest(slot: Slot, name: string): Slot[] {
  const guest = slot[name];
  return guest ? [withGuest(slot, name, ended(guest, 'Stopped'))] : [];
}

/** Between its end and its deletion others can start an ephemeral instance again. */
function notYetDeleted(slot: Slot, name: string): Slot[] {
  const guest = slot[name];
  if (guest?.status !== 'Running' || !guest.isEphemeral) return [];
  return (['Stopped', 'Error'] as const).map((status) => withGuest(slot, name, { ...guest, status }));
}

function torn(slot: Slot, name: string): Slot {
  const guest = slot[name];
  return guest ? withGuest(slot, name, { ...guest, file: '?' }) : slot;
}
