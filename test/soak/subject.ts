import type { Random } from '../harness/seeded-random.ts';
import type { Answer } from './answer.ts';
import type { Caller } from './caller.ts';
import { Inexplicable, type Recorded, linearize } from './linearize.ts';

/** A call with its answer; `company`: the calls by which others changed the same thing at the same time. */
export type Asked<Call> = Recorded<Call, Answer> & { company: readonly Call[] };

/** How one thing must behave, and how it is asked. `State` is plain JSON. */
export interface Rules<State, Call> {
  readonly initial: State;
  /** All that it can be after this; nothing, where the answer is wrong. */
  after(state: State, asked: Asked<Call>): State[];
  /** Whether the call changes nothing that others could meet half-done. */
  isHarmless(call: Call): boolean;
  /** What somebody asks next for who believes it to be so. */
  choose(believed: State, random: Random): Call;
  ask(caller: Caller, call: Call): Promise<Answer>;
  /** Calls that look at all of it. */
  looks(): Call[];
  /** Calls without which another call might wait for ever. */
  releases?(): Call[];
  /** What brings it nearer to nothing; `undefined`: it is nothing. */
  clearing(believed: State): Call | undefined;
}

/** Something that callers work on, seen without its rules. */
export interface Subject {
  askSomething(caller: Caller, random: Random): Promise<void>;
  look(caller: Caller): Promise<void>;
  /** Lets go of what waits for somebody. */
  release(caller: Caller): Promise<void>;
  clear(caller: Caller): Promise<void>;
  /** Explains all answers since the last time, and says how many. Throws with the story when they cannot be right. */
  check(): number;
  /** What was asked and answered before the last check. */
  story(): string[];
}

type Entry<Call> = Asked<Call> & { caller: string };

/** Keeps what was asked and answered, and compares it with the rules. */
export class ModelledSubject<State, Call> implements Subject {
  readonly #rules: Rules<State, Call>;
  #states: State[];
  /** What it most likely is. */
  #believed: State;
  #entries: Entry<Call>[] = [];
  #checked: Entry<Call>[] = [];

  constructor(rules: Rules<State, Call>) {
    this.#rules = rules;
    this.#believed = rules.initial;
    this.#states = [rules.initial];
  }

  async askSomething(caller: Caller, random: Random): Promise<void> {
    await this.#ask(caller, this.#rules.choose(this.#believed, random));
  }

  async look(caller: Caller): Promise<void> {
    for (const call of this.#rules.looks()) await this.#ask(caller, call);
  }

  async release(caller: Caller): Promise<void> {
    for (const call of this.#rules.releases?.() ?? []) await this.#ask(caller, call);
  }

  async clear(caller: Caller): Promise<void> {
    for (;;) {
      const call = this.#rules.clearing(this.#believed);
      if (call === undefined) return;
      await this.#ask(caller, call);
      this.check();
    }
  }

  check(): number {
    const entries = this.#entries.sort((a, b) => a.beganMs - b.beganMs);
    for (const entry of entries) {
      entry.company = entries.filter((other) => this.#disturbs(other, entry)).map(({ call }) => call);
    }
    try {
      this.#states = linearize(this.#states, entries, (state, entry) => this.#rules.after(state, entry));
    } catch (error) {
      if (error instanceof Inexplicable) throw new Error(story(entries, error), { cause: error });
      throw error;
    }
    this.#believed = this.#states[0] as State;
    this.#checked = entries;
    this.#entries = [];
    return entries.length;
  }

  story(): string[] {
    return this.#checked.map(tell);
  }

  async #ask(caller: Caller, call: Call): Promise<void> {
    const reply = await caller
      .timed(() => this.#rules.ask(caller, call))
      .catch((cause: unknown) => {
        const lines = [`No answer to ${JSON.stringify(call)}, after`, ...this.#entries.map(tell)];
        throw new Error(lines.join('\n'), { cause });
      });
    const entry = { ...reply, call, caller: caller.name };
    this.#entries.push({ ...entry, company: [] });
    this.#believed = this.#rules.after(this.#believed, { ...entry, company: [call] })[0] ?? this.#believed;
  }

  #disturbs(other: Entry<Call>, entry: Entry<Call>): boolean {
    if (other === entry || this.#rules.isHarmless(other.call)) return false;
    return other.beganMs <= entry.endedMs && entry.beganMs <= other.endedMs;
  }
}

const toldEntries = 25;

function story<Call>(entries: readonly Entry<Call>[], { record, before }: Inexplicable): string {
  const until = entries.filter(({ beganMs }) => beganMs <= record.endedMs).slice(-toldEntries);
  const lines = until.map((entry) => `${entry === record ? '>' : ' '} ${tell(entry)}`);
  const could = before.map((state) => `  ${JSON.stringify(state)}`);
  return ['An answer that is not right:', ...lines, 'It could have been:', ...could].join('\n');
}

const tell = <Call>({ caller, call, answer, beganMs, endedMs }: Entry<Call>): string =>
  `${beganMs.toFixed(0)}–${endedMs.toFixed(0)} ms ${caller}: ${JSON.stringify(call)} → ${JSON.stringify(answer)}`;
