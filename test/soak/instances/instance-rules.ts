import type { InstanceType } from '#model/instance.ts';
import type { Random } from '../../harness/seeded-random.ts';
import type { Answer } from '../answer.ts';
import type { Caller } from '../caller.ts';
import type { Asked, Rules } from '../subject.ts';
import { askInstance } from './ask-instance.ts';
import { chooseCall } from './choose-call.ts';
import { afterCall } from './after-call.ts';
import { type Call, isHarmless, type Slot } from './guest.ts';

/** How instances of one kind are made. */
export interface Kind {
  type: InstanceType;
  /** Alias of the image. */
  image: string;
  /** Whether programs run inside, which also end it when they are asked to. */
  hasPrograms: boolean;
}

/** Instances that are made, renamed to each other's name and deleted under two names. */
export class InstanceRules implements Rules<Slot, Call> {
  readonly #kind: Kind;
  readonly #names: readonly [string, string];
  readonly initial: Slot;

  constructor(name: string, kind: Kind) {
    this.#kind = kind;
    this.#names = [`${name}-a`, `${name}-b`];
    this.initial = Object.fromEntries(this.#names.map((each) => [each, null]));
  }

  after(slot: Slot, asked: Asked<Call>): Slot[] {
    return afterCall(slot, asked);
  }

  isHarmless(call: Call): boolean {
    return isHarmless(call);
  }

  choose(believed: Slot, random: Random): Call {
    return chooseCall({ names: this.#names, believed, kind: this.#kind }, random);
  }

  ask(caller: Caller, call: Call): Promise<Answer> {
    return askInstance(caller, this.#kind, call);
  }

  looks(): Call[] {
    return this.#names.map((name) => ({ name, verb: 'info' }));
  }

  /** Programs in a paused instance wait, and those who wait for them. */
  releases(): Call[] {
    return this.#names.map((name) => ({ name, verb: 'unfreeze' }));
  }

  clearing(believed: Slot): Call | undefined {
    for (const name of this.#names) {
      const guest = believed[name];
      if (!guest) continue;
      return guest.status === 'Stopped' || guest.status === 'Error'
        ? { name, verb: 'delete' }
        : { name, verb: 'stop', isGraceful: false };
    }
    return undefined;
  }
}
