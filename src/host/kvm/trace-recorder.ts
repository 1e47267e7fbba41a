import { type KvmTraceEvent, placeText } from '#model/kvm.ts';
import type { Answer } from './devices.ts';
import type { Step } from './guest.ts';
import { aboutPlace, describeAnswer, describeExit } from './words.ts';

type ExitsEvent = Extract<KvmTraceEvent, { kind: 'exits' }>;

/** Makes a story of steps: steps that are alike and follow each other become one event, unless `everyExit`. */
export class TraceRecorder {
  readonly #everyExit: boolean;
  readonly #tell: (event: KvmTraceEvent) => void;
  readonly #begin = performance.now();
  #place = '';
  /** Told when something else follows. */
  #pending: Pending | undefined;

  constructor(everyExit: boolean, tell: (event: KvmTraceEvent) => void) {
    this.#everyExit = everyExit;
    this.#tell = tell;
  }

  get atMs(): number {
    return performance.now() - this.#begin;
  }

  /** Something that we do of our own accord. */
  act(about: string): void {
    this.flush();
    this.#tell({ kind: 'act', atMs: this.atMs, about });
  }

  /** Tells what was held back. */
  flush(): void {
    if (this.#pending) this.#tell(this.#pending.event);
    this.#pending = undefined;
  }

  step(step: Step, rip: bigint): void {
    this.#enter(step);
    const event = this.#eventOf(step, rip);
    const before = this.#pending;
    if (before && !this.#everyExit && isAlike(before, { event, answer: step.answer })) {
      this.#pending = join(before, { event, answer: step.answer });
    } else {
      this.flush();
      this.#pending = { event, answer: step.answer };
    }
  }

  #enter({ place }: Step): void {
    const name = placeText(place);
    if (name === this.#place) return;
    this.flush();
    this.#place = name;
    this.#tell({ kind: 'place', atMs: this.atMs, place, about: aboutPlace(place) });
  }

  #eventOf({ exit, place, answer, guestMs, engineMs }: Step, rip: bigint): ExitsEvent {
    return {
      kind: 'exits',
      atMs: this.atMs,
      place,
      rip: `0x${rip.toString(16)}`,
      count: 1,
      reason: exit.kind,
      did: describeExit(exit),
      answer: describeAnswer(answer),
      guestMs,
      engineMs,
    };
  }
}

interface Pending {
  event: ExitsEvent;
  answer: Answer;
}

/** Characters of one text are alike; all other answers must be the same. */
function isAlike(before: Pending, next: Pending): boolean {
  if (before.event.did !== next.event.did || before.answer.kind !== next.answer.kind) return false;
  return next.answer.kind === 'sent' || before.event.answer === next.event.answer;
}

function join(before: Pending, next: Pending): Pending {
  const answer =
    before.answer.kind === 'sent' && next.answer.kind === 'sent'
      ? { ...next.answer, text: before.answer.text + next.answer.text }
      : next.answer;
  const event = {
    ...before.event,
    rip: next.event.rip,
    count: before.event.count + 1,
    answer: describeAnswer(answer),
    guestMs: before.event.guestMs + next.event.guestMs,
    engineMs: before.event.engineMs + next.event.engineMs,
  };
  return { event, answer };
}
