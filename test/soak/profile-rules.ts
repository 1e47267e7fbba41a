import type { Client } from '#client/client.ts';
import type { Random } from '../harness/seeded-random.ts';
import { type Answer, answerOf } from './answer.ts';
import type { Caller } from './caller.ts';
import { pick } from './instances/choose-call.ts';
import type { Asked, Rules } from './subject.ts';

/** The note in it; nothing: it is not there. */
type State = string | null;
type Call = { verb: 'create' | 'edit'; note: string } | { verb: 'delete' } | { verb: 'read' };

const key = 'user.soak';
/** The profile that is always there, and that all instances include. */
const fixed = 'default';

/** The note in a profile, which is made and deleted, unless it is the one that cannot be. */
export class ProfileRules implements Rules<State, Call> {
  readonly #name: string;
  readonly #verbs: readonly Call['verb'][];
  readonly initial: State;

  constructor(name: string) {
    this.#name = name;
    this.#verbs = name === fixed ? ['edit', 'read'] : ['create', 'delete', 'edit', 'read'];
    this.initial = name === fixed ? '' : null;
  }

  after(now: State, { call, answer: { says, seen }, company }: Asked<Call>): State[] {
    const { says: right, after = now } = effectOf(now, call);
    if (says === 'lost') return [now, after];
    if (says === right) return call.verb === 'read' && says === 'ok' && seen !== now ? [] : [after];
    const isInCompany = company.length > 0 && ['conflict', 'not-found', 'exists'].includes(says);
    return isInCompany ? [now] : [];
  }

  isHarmless({ verb }: Call): boolean {
    return verb === 'read';
  }

  choose(_: State, random: Random): Call {
    const verb = pick(this.#verbs, random);
    return verb === 'create' || verb === 'edit'
      ? { verb, note: random().toString(16).slice(2, 10) }
      : { verb };
  }

  ask({ client }: Caller, call: Call): Promise<Answer> {
    return answerOf(perform(client, this.#name, call));
  }

  looks(): Call[] {
    return [{ verb: 'read' }];
  }

  clearing(now: State): Call | undefined {
    return now === null || this.#name === fixed ? undefined : { verb: 'delete' };
  }
}

function effectOf(now: State, call: Call): { says: string; after?: State } {
  if (call.verb === 'create') return now === null ? { says: 'ok', after: call.note } : { says: 'exists' };
  if (now === null) return { says: 'not-found' };
  if (call.verb === 'delete') return { says: 'ok', after: null };
  return { says: 'ok', ...(call.verb === 'edit' && { after: call.note }) };
}

async function perform(client: Client, name: string, call: Call): Promise<string | undefined> {
  const params = { name };
  if (call.verb === 'read') {
    return (await client.read('/1.0/profiles/{name}', { params })).config[key] ?? '';
  }
  await change(client, name, call);
  return undefined;
}

async function change(client: Client, name: string, call: Exclude<Call, { verb: 'read' }>): Promise<void> {
  const params = { name };
  if (call.verb === 'delete') {
    await client.send('DELETE', '/1.0/profiles/{name}', { params });
    return;
  }
  const config = { [key]: call.note };
  if (call.verb === 'create') await client.send('POST', '/1.0/profiles', { body: { name, config } });
  else await client.send('PATCH', '/1.0/profiles/{name}', { params, body: { config } });
}
