import { allDone } from '#base/all-done.ts';
import { settlesWithin, sleep } from '#base/wait.ts';
import { audit } from '../harness/audit.ts';
import type { MortalHost } from '../harness/mortal-host.ts';
import type { Random } from '../harness/seeded-random.ts';
import { Caller } from './caller.ts';
import { ImageRules } from './image-rules.ts';
import { pick } from './instances/choose-call.ts';
import { InstanceRules, type Kind } from './instances/instance-rules.ts';
import { Keeper } from './keeper.ts';
import { ListRules } from './list-rules.ts';
import { ProfileRules } from './profile-rules.ts';
import { ModelledSubject, type Subject } from './subject.ts';

const roundMs = 10_000;
const minuteMs = 60_000;
/** How long a round may take longer before whatever waits for somebody is released. */
const patienceMs = 5_000;
const callerCount = 4;

export interface SoakOptions {
  kinds: readonly Kind[];
  /** Those that only one caller has, so that the others need not wait. */
  slowKinds: readonly Kind[];
  /** It ends early, and in good order, once this holds. */
  isStopped(): boolean;
}

interface Participant {
  caller: Caller;
  /** What it works on: its own and what all share. What stands twice is worked on twice as often. */
  subjects: Subject[];
}

/** For people, at once. */
export const tell = (text: string): void => void process.stdout.write(`SOAK ${text}\n`);

/** Callers that ask a daemon for random things, which dies in the middle of them. */
export class Soak {
  readonly keeper: Keeper;
  readonly #random: Random;
  readonly #participants: Participant[];
  readonly #isStopped: () => boolean;
  /** So many answers were right. */
  answers = 0;

  constructor(host: MortalHost, random: Random, { kinds, slowKinds, isStopped }: SoakOptions) {
    this.#random = random;
    this.#isStopped = isStopped;
    this.keeper = new Keeper(host, random);
    const instances = (name: string, of: readonly Kind[]): Subject[] =>
      of.map((kind, index) => new ModelledSubject(new InstanceRules(`${name}${index}`, kind)));
    const shared = [
      ...instances('all', kinds),
      new ModelledSubject(new ProfileRules('default')),
      new ModelledSubject(new ProfileRules('soak')),
      new ModelledSubject(new ImageRules()),
      new ModelledSubject(new ListRules()),
    ];
    this.#participants = Array.from({ length: callerCount }, (_, index) => {
      const own = instances(`of${index}-`, kinds);
      const slow = index === 0 ? instances('slow', slowKinds) : [];
      return {
        caller: new Caller(`caller ${index}`, this.keeper),
        subjects: [...own, ...own, ...slow, ...shared],
      };
    });
  }

  get #subjects(): Set<Subject> {
    return new Set(this.#participants.flatMap(({ subjects }) => subjects));
  }

  get #first(): Caller {
    return (this.#participants[0] as Participant).caller;
  }

  /** So many milliseconds, in rounds. After each, everything must be as the model says, on the host too. */
  async last(lengthMs: number, { withDeaths }: { withDeaths: boolean }): Promise<void> {
    const beganMs = performance.now();
    const endMs = beganMs + lengthMs;
    let toldMinutes = 0;
    while (performance.now() < endMs && !this.#isStopped()) {
      await this.#round(Math.min(roundMs, endMs - performance.now()), withDeaths);
      await this.#compare();
      const minutes = Math.floor((performance.now() - beganMs) / minuteMs);
      if (minutes > toldMinutes) tell(`minute ${minutes}: ${this.told()}`);
      toldMinutes = minutes;
    }
  }

  /** What it has come to. */
  told(): string {
    return `${this.answers} answers, ${this.keeper.deaths} deaths, no findings`;
  }

  /** Deletes whatever is there. */
  async clear(): Promise<void> {
    for (const subject of this.#subjects) await subject.clear(this.#first);
    await this.#compare();
  }

  close(): void {
    for (const { caller } of this.#participants) caller.close();
  }

  async #round(lengthMs: number, withDeath: boolean): Promise<void> {
    const endMs = performance.now() + lengthMs;
    const work = this.#participants.map((participant) => this.#workUntil(participant, endMs));
    const all = allDone([...work, ...(withDeath ? [this.#killWithin(lengthMs)] : [])]);
    while (!(await settlesWithin(all, lengthMs + patienceMs))) {
      for (const subject of this.#subjects) await subject.release(this.#first);
    }
  }

  async #workUntil({ caller, subjects }: Participant, endMs: number): Promise<void> {
    while (performance.now() < endMs && !this.#isStopped()) {
      await pick(subjects, this.#random).askSomething(caller, this.#random);
    }
  }

  async #killWithin(ms: number): Promise<void> {
    await sleep(this.#random() * ms);
    await this.keeper.kill();
  }

  /** Looks at everything when nothing goes on any more, and explains all answers. */
  async #compare(): Promise<void> {
    await this.keeper.idle();
    for (const subject of this.#subjects) {
      await subject.look(this.#first);
      this.answers += subject.check();
    }
    await audit(this.keeper.host).catch((cause: unknown) => {
      const lines = [...this.#subjects].flatMap((subject) => subject.story());
      throw new Error(['The host is not as the stores have it, after', ...lines].join('\n'), { cause });
    });
  }
}
