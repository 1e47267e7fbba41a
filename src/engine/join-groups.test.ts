import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'vitest';
import { HostPrograms } from '#host/process/host-programs.ts';
import { joinGroups } from './join-groups.ts';

const programs = new HostPrograms();
let folder: string;
let groups: { leaf: string; v1: string[] };
beforeEach(async () => {
  folder = await mkdtemp('/tmp/wadah-join-');
  groups = { leaf: join(folder, 'leaf'), v1: [join(folder, 'cpu,cpuacct'), join(folder, 'with blank')] };
  for (const group of [groups.leaf, ...groups.v1]) await mkdir(group);
  await writeFile(join(folder, 'input'), 'from the file\n');
});
afterEach(() => rm(folder, { recursive: true }));

test('a program is in all groups before it runs, and its arguments are as they were', async () => {
  const { stdout } = await programs.run(joinGroups(groups, ['printf', '%s|', 'a b', '$HOME', '']));
  assert.equal(stdout, 'a b|$HOME||');
  assert.equal(await readFile(join(groups.leaf, 'cgroup.procs'), 'utf8'), '0\n');
  for (const group of groups.v1) assert.equal(await readFile(join(group, 'tasks'), 'utf8'), '0\n');
});

test('a program that cannot enter a group does not run', async () => {
  await rm(groups.leaf, { recursive: true });
  const { exitCode, stdout } = await programs.run(joinGroups(groups, ['echo', 'ran']), { okExits: [2] });
  assert.equal(exitCode, 2);
  assert.equal(stdout, '');
});

test('one that waits runs when it is told to, with other input', async () => {
  const argv = joinGroups(groups, ['cat'], { waitForGo: { thenInput: join(folder, 'input') } });
  const { child, exited } = await programs.spawn(argv, { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin?.write('go\n');
  assert.ok(child.stdout);
  assert.equal(await text(child.stdout), 'from the file\n');
  assert.equal((await exited).code, 0);
});

test('one that waits ends when nobody can tell it any more', async () => {
  const argv = joinGroups(groups, ['cat'], { waitForGo: { thenInput: join(folder, 'input') } });
  const { child, exited } = await programs.spawn(argv, { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin?.destroy();
  assert.notEqual((await exited).code, 0);
});

test('the daemon’s own service manager is kept from it, and its files get the modes that were asked for', async () => {
  const env = { NOTIFY_SOCKET: '/run/notify', LISTEN_FDS: '3' };
  const argv = joinGroups(groups, ['sh', '-c', 'echo "$NOTIFY_SOCKET$LISTEN_FDS"; umask']);
  assert.equal((await programs.run(argv, { env })).stdout, '\n0000\n');
});
