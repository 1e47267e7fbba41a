import type { Client } from '#client/client.ts';
import { finishOperation } from '#client/operations.ts';
import type { Random } from '../harness/seeded-random.ts';
import { type Answer, answerOf } from './answer.ts';
import type { Caller } from './caller.ts';
import type { Asked, Rules } from './subject.ts';

type Presence = 'there' | 'absent';
type Call = { verb: 'build'; isForced: boolean; isCancelled: boolean } | { verb: 'delete' | 'look' };

const recipe = 'busybox';

/** An image that is built and deleted, and from which nobody makes an instance. */
export class ImageRules implements Rules<Presence, Call> {
  readonly initial = 'absent';

  after(now: Presence, { call, answer: { says, seen }, company }: Asked<Call>): Presence[] {
    const isAlone = company.length === 0;
    if (call.verb === 'look') {
      const isRight = says === 'ok' && (seen === now || !isAlone);
      return isRight || says === 'lost' ? [now] : [];
    }
    const after = call.verb === 'build' ? 'there' : 'absent';
    if (says === 'lost') return [now, after];
    if (says === 'cancelled') return call.verb === 'build' && call.isCancelled ? [now] : [];
    if (!isAlone && ['busy', 'not-found'].includes(says)) return [now];
    if (call.verb === 'delete' && now === 'absent') return says === 'not-found' ? [now] : [];
    return says === 'ok' ? [after] : [];
  }

  isHarmless({ verb }: Call): boolean {
    return verb === 'look';
  }

  choose(_: Presence, random: Random): Call {
    if (random() < 0.2) return { verb: 'look' };
    if (random() < 0.4) return { verb: 'delete' };
    return { verb: 'build', isForced: random() < 0.3, isCancelled: random() < 0.3 };
  }

  ask({ client }: Caller, call: Call): Promise<Answer> {
    if (call.verb === 'look') return answerOf(look(client));
    return answerOf(call.verb === 'build' ? build(client, call) : remove(client));
  }

  looks(): Call[] {
    return [{ verb: 'look' }];
  }

  clearing(now: Presence): Call | undefined {
    return now === 'there' ? { verb: 'delete' } : undefined;
  }
}

async function look(client: Client): Promise<Presence> {
  const images = await client.read('/1.0/images/aliases', { query: { recursion: 1 } });
  const isThere = images.some((image) => typeof image !== 'string' && image.name === recipe);
  return isThere ? 'there' : 'absent';
}

async function build(client: Client, { isForced, isCancelled }: { isForced: boolean; isCancelled: boolean }) {
  const body = { source: { type: 'wadah-build', recipe, force: isForced } };
  const begun = await client.begin('POST', '/1.0/images', { body });
  await finishOperation(client, begun, isCancelled ? { cancel: AbortSignal.abort() } : {});
}

async function remove(client: Client): Promise<void> {
  const alias = await client.read('/1.0/images/aliases/{name}', { params: { name: recipe } });
  const params = { fingerprint: alias.target };
  await finishOperation(client, await client.begin('DELETE', '/1.0/images/{fingerprint}', { params }));
}
