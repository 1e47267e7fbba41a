import { describe, expect, test } from 'vitest';
import {
  beginsFrom,
  type InstanceAction,
  type InstanceState,
  instanceStates,
  requireInstanceName,
  requireState,
} from './instance.ts';

describe('requireState', () => {
  const cases = (Object.keys(beginsFrom) as InstanceAction[]).flatMap((action) =>
    instanceStates.map((state) => [action, state] as const),
  );

  test.each(cases)('%s of an instance that is %s goes by the table', (action, state) => {
    const begin = (): void => requireState({ name: 'web1', state }, action);
    const allowed: readonly InstanceState[] = beginsFrom[action];
    if (allowed.includes(state)) expect(begin).not.toThrow();
    else expect(begin).toThrow(expect.objectContaining({ code: 'wrong-state' }));
  });

  test('says what it takes', () => {
    expect(() => requireState({ name: 'web1', state: 'paused' }, 'delete')).toThrow(
      expect.objectContaining({
        message: 'Cannot delete "web1": it is paused',
        hint: 'delete works when an instance is stopped or failed.',
      }),
    );
  });

  test('lets nothing begin in a state that passes by itself', () => {
    for (const state of ['starting', 'pausing', 'stopping'] as const) {
      for (const allowed of Object.values(beginsFrom)) expect(allowed).not.toContain(state);
    }
  });
});

describe('requireInstanceName', () => {
  test.each(['a', 'web1', 'Web-1', 'a--b', 'x'.repeat(63)])('takes "%s"', (name) => {
    expect(() => requireInstanceName(name)).not.toThrow();
  });

  test.each([
    '',
    '1web',
    '-web',
    'web-',
    'web_1',
    'web.1',
    'web 1',
    'wéb',
    'web\n',
    '../web',
    'x'.repeat(64),
  ])('refuses %j and says what a name is made of', (name) => {
    expect(() => requireInstanceName(name)).toThrow(
      expect.objectContaining({ code: 'invalid', hint: expect.stringContaining('1 to 63 letters') }),
    );
  });
});
