import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filterOf } from './match-filter.ts';
import { type Clause, parseFilter } from './parse-filter.ts';

const clause: fc.Arbitrary<Clause> = fc.record({
  join: fc.constantFrom('and', 'or'),
  isNegated: fc.boolean(),
  field: fc.stringMatching(/^[a-z][a-z0-9._]{0,20}$/).filter((field) => field !== 'not'),
  operator: fc.constantFrom('eq', 'ne'),
  value: fc.string({ unit: 'grapheme' }),
});
/** The first clause has nothing to join. */
const filter = fc
  .array(clause, { maxLength: 6 })
  .map(([first, ...rest]): Clause[] => (first ? [{ ...first, join: 'and' }, ...rest] : []));

function write(clauses: Clause[]): string {
  const texts = clauses.map(({ join, isNegated, field, operator, value }, index) => {
    const quoted = `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
    return `${index > 0 ? `${join} ` : ''}${isNegated ? 'not ' : ''}${field} ${operator} ${quoted}`;
  });
  return texts.join(' ');
}

test('a filter that was written down reads as what was meant', () => {
  fc.assert(
    fc.property(filter, (clauses) => {
      expect(parseFilter(write(clauses))).toEqual(clauses);
    }),
  );
});

test('any text is a filter or is refused as invalid', () => {
  const word = fc.oneof(fc.constantFrom('a', 'eq', 'not', 'and', '"', '\\', ' '), fc.string());
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        parseFilter(words.join(' '));
      } catch (error) {
        expect(error).toMatchObject({ name: 'Fault', code: 'invalid' });
      }
    }),
  );
});

const web = {
  name: 'web1',
  status: 'Running',
  ephemeral: false,
  config: { 'image.os': 'Some OS', 'limits.cpu': '2' },
  devices: { eth0: { nictype: 'bridged' } },
};

test.each([
  ['', true],
  ['   ', true],
  ['name eq web1', true],
  ['name ne web1', false],
  ['NOT name EQ web1', false],
  ['ephemeral eq false', true],
  ['config.image.os eq "Some OS"', true],
  ['config.image.os eq Some', false],
  ['devices.eth0.nictype eq bridged and config.limits.cpu eq 2', true],
  ['nothing.there eq x', false],
  ['nothing.there ne x', true],
  ['config eq x', false],
  ['constructor.name eq Object', false],
])('the filter <%s> says %s of a running instance', (text, isMatch) => {
  expect(filterOf(text)(web)).toBe(isMatch);
});

test('and and or join from left to right, without precedence', () => {
  expect(filterOf('name eq web1 or name eq x and status eq Stopped')(web)).toBe(false);
  expect(filterOf('status eq Stopped and name eq x or name eq web1')(web)).toBe(true);
});

test.each([
  'name',
  'name eq',
  'name is web1',
  'name eq web1 web2',
  'name eq "web1',
  'and name eq a',
  'a"b eq c',
])('the filter <%s> is refused', (text) => {
  expect(() => filterOf(text)).toThrow(/The filter/);
});
