import type { Random } from '../harness/seeded-random.ts';
import { type Answer, answerOf } from './answer.ts';
import type { Caller } from './caller.ts';
import type { Asked, Rules } from './subject.ts';

type Call = { verb: 'edit'; note: string } | { verb: 'read' };

const params = { name: 'default' };
const key = 'user.soak';

/** The note in the profile that all instances include. */
export class ProfileRules implements Rules<string, Call> {
  readonly initial = '';

  after(note: string, { call, answer: { says, seen }, company }: Asked<Call>): string[] {
    const after = call.verb === 'edit' ? call.note : note;
    if (says === 'lost') return [note, after];
    if (says === 'conflict') return company.length > 0 ? [note] : [];
    if (says !== 'ok') return [];
    return call.verb === 'edit' || seen === note ? [after] : [];
  }

  isHarmless({ verb }: Call): boolean {
    return verb === 'read';
  }

  choose(_: string, random: Random): Call {
    return random() < 0.5 ? { verb: 'read' } : { verb: 'edit', note: random().toString(16).slice(2, 10) };
  }

  ask({ client }: Caller, call: Call): Promise<Answer> {
    if (call.verb === 'edit') {
      const body = { config: { [key]: call.note } };
      const edited = client.send('PATCH', '/1.0/profiles/{name}', { params, body });
      return answerOf(edited.then(() => undefined));
    }
    return answerOf(client.read('/1.0/profiles/{name}', { params }).then(({ config }) => config[key] ?? ''));
  }

  looks(): Call[] {
    return [{ verb: 'read' }];
  }

  clearing(): undefined {}
}
