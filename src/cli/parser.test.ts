import { expect, test } from 'vitest';
import {
  type Command,
  type Group,
  any,
  defineCommand,
  flag,
  list,
  one,
  optional,
  parsed,
  some,
  text,
} from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { FakeSurroundings, type Pretence } from './fake-surroundings.ts';
import { run } from './run.ts';
import { wholeNumber } from './values.ts';

interface Seen {
  args: unknown;
  options: unknown;
}

const loaded: string[] = [];

/** A small tree whose commands tell what they were called with. */
function tree(seen: Seen[]): Group {
  const noting = (command: Omit<Command, 'run'>): Command => ({
    ...command,
    async run(_, args, options) {
      seen.push({ args, options });
    },
  });
  const copy = defineCommand({
    ...noting({
      summary: 'Copy',
      arguments: { from: one('From'), to: optional('To'), more: any('More') },
      options: {
        force: flag('Force', 'f'),
        noLinks: flag('No links'),
        mode: text({ value: 'mode', help: 'Mode' }),
        size: parsed({ value: 'number', help: 'Size', parse: wholeNumber(1) }),
        tag: list({ value: 'tag', short: 't', help: 'Tag' }),
      },
      examples: [{ line: 'wadah copy a b', note: 'Copy a' }],
    }),
  });
  const pick = noting({ summary: 'Pick', arguments: { names: some('Names') }, options: {}, examples: [] });
  const through = noting({
    summary: 'Through',
    arguments: { name: one('Name'), command: some('Command') },
    ownArguments: 1,
    options: { force: flag('Force', 'f') },
    examples: [],
  });
  return {
    summary: 'A tree',
    commands: {
      through: async () => through,
      copy: async () => {
        loaded.push('copy');
        return copy;
      },
      pick: async () => {
        loaded.push('pick');
        return pick;
      },
      basket: async () => ({ summary: 'Baskets', commands: { pick: async () => pick } }),
    },
    aliases: { cp: 'copy' },
  };
}

async function line(words: string, pretence?: Pretence) {
  const seen: Seen[] = [];
  const surroundings = new FakeSurroundings(words.split(' ').filter(Boolean), pretence);
  const status = await run(surroundings, tree(seen));
  await new Promise(setImmediate);
  return { status, seen: seen[0], out: surroundings.out, err: surroundings.err };
}

const nothing = { force: false, noLinks: false, mode: undefined, size: undefined, tag: [] };

test('arguments and options arrive with their types, absent ones too', async () => {
  const all = await line('copy a b c d -f --no-links --mode x --size 12 -t one --tag two');
  expect(all.seen).toEqual({
    args: { from: 'a', to: 'b', more: ['c', 'd'] },
    options: { force: true, noLinks: true, mode: 'x', size: 12, tag: ['one', 'two'] },
  });
  expect((await line('copy a')).seen).toEqual({
    args: { from: 'a', to: undefined, more: [] },
    options: nothing,
  });
});

test('only the command that was named is loaded', async () => {
  loaded.length = 0;
  await line('pick a');
  expect(loaded).toEqual(['pick']);
});

test('a command has other names', async () => {
  expect((await line('cp a')).seen?.args).toMatchObject({ from: 'a' });
});

test('commands lie below other words', async () => {
  expect((await line('basket pick a b')).seen?.args).toEqual({ names: ['a', 'b'] });
});

test('options that all commands understand may stand before the command', async () => {
  expect((await line('--quiet --dir /x copy a -f')).seen?.options).toMatchObject({ force: true });
});

test('after -- everything is an argument', async () => {
  expect((await line('pick a -- -f --help')).seen?.args).toEqual({ names: ['a', '-f', '--help'] });
});

test('a command line that is passed on needs no --, and its options are its own', async () => {
  const through = (await line('through web1 -f ls -l --help')).seen;
  expect(through).toEqual({
    args: { name: 'web1', command: ['ls', '-l', '--help'] },
    options: { force: true },
  });
  expect((await line('through web1 -f -- ls -l --help')).seen).toEqual(through);
  expect((await line('through web1 --dir x -f ls -l --help')).seen).toEqual(through);
});

test('help shows the summary, every option and the examples, and is no failure', async () => {
  const { status, out } = await line('copy --help');
  expect(status).toBe(0);
  expect(out).toContain('Usage: wadah copy|cp [options] <from> [to] [more...]');
  expect(out).toContain('-t, --tag <tag>');
  expect(out).toContain('Copy a:\n    wadah copy a b');
  expect((await line('help copy')).out).toBe(out);
});

test('the whole level is shown to those who name nothing', async () => {
  const { status, out } = await line('');
  expect(status).toBe(0);
  expect(out).toMatch(/copy, cp\s+Copy\n/);
  expect(out).toMatch(/basket\s+Baskets\n/);
});

test('a malformed line says what is wrong and what may have been meant', async () => {
  const usage = exitCodes.usage.status;
  expect(await line('copi a')).toMatchObject({
    status: usage,
    err: "Error: Unknown command 'copi'\nHint: Did you mean copy?\n",
  });
  expect(await line('copy a --forse')).toMatchObject({
    status: usage,
    err: "Error: Unknown option '--forse'\nHint: Did you mean --force?\n",
  });
  expect((await line('copy')).err).toBe(
    "Error: Missing required argument 'from'\nHint: Add --help to see what is understood.\n",
  );
  expect((await line('copy a --size many')).err).toContain('It must be a whole number of at least 1.');
  expect((await line('basket')).status).toBe(usage);
});

test('a bug is told as one, without a stack unless it is asked for', async () => {
  const broken: Group = {
    summary: 'Broken',
    commands: {
      crash: async () => ({
        summary: 'Crash',
        arguments: {},
        options: {},
        examples: [],
        async run() {
          throw new TypeError('x is not a function');
        },
      }),
    },
  };
  const plain = new FakeSurroundings(['crash']);
  expect(await run(plain, broken)).toBe(exitCodes.failure.status);
  const debugging = new FakeSurroundings(['crash', '--debug']);
  await run(debugging, broken);
  await new Promise(setImmediate);
  expect(plain.err).toBe('Error: x is not a function\n');
  expect(debugging.err).toContain('parser.test.ts');
});
