import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { ExecRequest } from '../engine.ts';
import { testPlan } from '../test-plan.ts';
import { buildProcess, execFault, findLimitFault, isFolderMissing, startFolders } from './exec-process.ts';

const request: ExecRequest = {
  command: ['id'],
  environment: {},
  user: 0,
  group: 0,
  cwd: undefined,
  terminal: undefined,
};
const host = { openFilesMax: 500, capabilities: 0n };
const atHome = { ...request, cwd: '/root' };

test('the environment of a request wins over that of the instance, and both over the usual one', () => {
  const plan = testPlan('0123abcd', { 'environment.LANG': 'de', 'environment.EDITOR': 'vi' });
  const { env } = buildProcess(plan, { ...atHome, environment: { EDITOR: 'nano' } }, host);
  const values = Object.fromEntries(env.map((entry) => entry.split('=')));
  assert.equal(values['LANG'], 'de');
  assert.equal(values['EDITOR'], 'nano');
  assert.match(values['PATH'] ?? '', /^\/usr\/local\/sbin:/);
  assert.equal(values['USER'], 'root');
  assert.equal(values['TERM'], undefined);
});

test('a terminal has its size from the start', () => {
  const terminal = { columns: 120, rows: 40 };
  const { consoleSize, env } = buildProcess(testPlan('0123abcd'), { ...atHome, terminal }, host);
  assert.deepEqual(consoleSize, { width: 120, height: 40 });
  assert.ok(env.includes('TERM=xterm'));
});

test('without a folder in the request, a program starts at home if there is one', () => {
  assert.deepEqual(startFolders(request), ['/root', '/']);
  assert.deepEqual(startFolders({ ...request, user: 1000 }), ['/']);
  assert.deepEqual(startFolders({ ...request, user: 1000, environment: { HOME: '/home/me' } }), [
    '/home/me',
    '/',
  ]);
  assert.deepEqual(startFolders({ ...request, cwd: '/srv' }), ['/srv']);
});

test('what crun says becomes a code that an exit status can be made from', () => {
  const code = (message: string): string => execFault(message, 'x', '/').code;
  assert.equal(code('executable file `x` not found in $PATH: No such file or directory'), 'not-found');
  assert.equal(code('open executable: No such file or directory'), 'not-found');
  assert.equal(code('open executable: Permission denied'), 'invalid');
  const newer = 'the path `/etc/passwd` exists but it is not executable: Operation not permitted';
  assert.equal(code(newer), 'invalid');
  assert.equal(code('chdir `/srv`: No such file or directory'), 'invalid');
  assert.equal(code('fork: Resource temporarily unavailable'), 'host');
  assert.ok(isFolderMissing('chdir `/srv`: No such file or directory'));
});

test('where the limit of processes lets nothing begin, the refusal says what it is and how to raise it', () => {
  assert.equal(findLimitFault({ held: 5, limit: 8 }, 'web1', 'ps'), undefined);
  assert.equal(findLimitFault({ held: 5000 }, 'web1', 'ps'), undefined);
  const fault = findLimitFault({ held: 7, limit: 8 }, 'web1', 'ps');
  assert.equal(fault?.code, 'insufficient');
  assert.match(fault?.message ?? '', /"web1" has 7 processes, may have 8/);
  assert.match(fault?.hint ?? '', /wadah config set web1 limits\.processes 16/);
});
