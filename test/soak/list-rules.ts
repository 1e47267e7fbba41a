import type { Random } from '../harness/seeded-random.ts';
import { type Answer, answerOf } from './answer.ts';
import type { Caller } from './caller.ts';
import { pick } from './instances/choose-call.ts';
import type { Asked, Rules } from './subject.ts';

const targets = [
  '/1.0/instances',
  '/1.0/instances?recursion=1',
  '/1.0/instances?recursion=2',
  '/1.0/operations?recursion=1',
  '/1.0/images?recursion=1',
  '/1.0/profiles?recursion=1',
  '/1.0/networks?recursion=1',
  '/1.0/metrics',
];

/** Lists, which must be given whatever goes on meanwhile with what they list. */
export class ListRules implements Rules<null, string> {
  readonly initial = null;

  after(_: null, { answer: { says } }: Asked<string>): null[] {
    return says === 'ok' || says === 'lost' ? [null] : [];
  }

  isHarmless(): boolean {
    return true;
  }

  choose(_: null, random: Random): string {
    return pick(targets, random);
  }

  ask({ client }: Caller, target: string): Promise<Answer> {
    const read = async (): Promise<void> => {
      await client.transport.text(await client.raw({ method: 'GET', target }));
    };
    return answerOf(read());
  }

  looks(): string[] {
    return targets;
  }

  clearing(): undefined {}
}
