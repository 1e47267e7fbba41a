import { expect, test } from 'vitest';
import { type Command, type Group, isGroup } from './command.ts';
import { root } from './commands/root.ts';
import { globalOptions } from './globals.ts';
import { configText } from './config-reference.ts';
import { cliText, exitCodesText } from './reference.ts';

async function commandsOf(group: Group, line: string): Promise<[string, Command][]> {
  const found = Object.entries(group.commands).map(async ([name, load]): Promise<[string, Command][]> => {
    const entry = await load();
    const path = `${line} ${name}`;
    return isGroup(entry) ? await commandsOf(entry, path) : [[path, entry]];
  });
  return (await Promise.all(found)).flat();
}

test('every command has a summary of one line and an example of itself', async () => {
  for (const [line, { summary, examples }] of await commandsOf(root, 'wadah')) {
    expect(summary, line).toMatch(/^[A-Z][^\n]{5,70}[^.]$/);
    expect(
      examples.some((example) => example.line.includes(line)),
      line,
    ).toBe(true);
  }
});

test('no command takes two options by one name, and none hides an option that all have', async () => {
  for (const [line, { options, formats }] of await commandsOf(root, 'wadah')) {
    const shorts = Object.values({ ...options, ...globalOptions }).flatMap(({ short }) => short ?? []);
    const taken = ['h', ...(formats ? ['f'] : []), ...shorts];
    expect(new Set(taken).size, line).toBe(taken.length);
    for (const name of Object.keys(globalOptions)) expect(Object.keys(options), line).not.toContain(name);
  }
});

test('only the last argument of a command takes many', async () => {
  for (const [line, command] of await commandsOf(root, 'wadah')) {
    const arities = Object.values(command.arguments).map(({ arity }) => arity);
    expect(
      arities.slice(0, -1).filter((arity) => arity === 'some' || arity === 'any'),
      line,
    ).toEqual([]);
  }
});

test('every command stands under a heading of the help', async () => {
  const headed = Object.values(root.headings ?? {}).flat();
  expect([...headed].sort()).toEqual(Object.keys(root.commands).sort());
});

test('the pages tell every command, key and status', async () => {
  const cli = await cliText();
  for (const [line] of await commandsOf(root, 'wadah')) expect(cli).toContain(`\n## ${line}\n`);
  expect(configText()).toContain(
    '| `limits.memory` | Memory it may use | an amount of at least 8MiB, such as 512MiB or 2GiB |',
  );
  expect(exitCodesText()).toContain('| 124 | It took longer');
});
