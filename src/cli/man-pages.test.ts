import { expect, test } from 'vitest';
import { root } from './commands/root.ts';
import { daemonManPage, manPages } from './man-pages.ts';

test('every command has a manual page that tells its usage, options and examples, and the first page names it', async () => {
  const pages = await manPages();
  const names = Object.keys(root.commands);
  expect([...pages.keys()].sort()).toEqual(['wadah.1', ...names.map((name) => `wadah-${name}.1`)].sort());
  for (const name of names) expect(pages.get('wadah.1')).toContain(`wadah\\-${name}(1)`);
  const launch = pages.get('wadah-launch.1') ?? '';
  expect(launch).toContain('wadah launch [options] <image> [name]');
  expect(launch).toContain('\\fB\\-c, \\-\\-config <key=value>\\fP\nSet a config key; may be repeated\n');
  expect(launch).toContain('\nwadah launch debian/12 web1 \\-c limits.memory=512MiB \\-\\-wait\n');
});

test('commands below a word are told on its page, however deep they lie', async () => {
  expect((await manPages()).get('wadah-config.1')).toContain('.SS "wadah config device add"\n');
});

test('nothing that people read is a request or an escape to roff', async () => {
  const page = daemonManPage(".SH is no request\n'nor this\na\\b --help");
  expect(page).toContain("\n\\&.SH is no request\n\\&'nor this\na\\eb \\-\\-help\n");
});
