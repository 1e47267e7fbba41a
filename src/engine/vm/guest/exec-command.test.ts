import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ExecRequest } from '../../engine.ts';
import { execRequest } from '../../test-exec.ts';
import { isFault } from '#model/fault.ts';
import { execCommandLine, readOutcome } from './exec-command.ts';

const scratch = mkdtempSync('/tmp/wadah-exec-');
afterAll(() => rmSync(scratch, { recursive: true }));

/** What a shell here makes of it, as root's shell does in a guest. */
function run(request: ExecRequest): { said: string; output: string; status: number | null } {
  const line = execCommandLine(request, 'WORD');
  const { stdout, status } = spawnSync('/bin/sh', ['-c', line], {
    encoding: 'utf8',
    env: { HOME: scratch, PATH: process.env['PATH'], LEFT: 'over' },
  });
  const [first = '', ...rest] = stdout.split('\n');
  return { said: first.replace(/^WORD /, ''), output: rest.join('\n'), status };
}

test('the shell says its process id, and becomes the program with exactly its arguments', () => {
  const { said, output, status } = run(
    execRequest(['printf', '[%s]', "it's", '', 'a b', '$HOME', '\\', 'two\nlines']),
  );
  assert.ok(readOutcome(said, execRequest(['printf'])) > 1);
  assert.equal(output, "[it's][][a b][$HOME][\\][two\nlines]");
  assert.equal(status, 0);
});

test('its environment is the one that was asked for, and nothing is left over', () => {
  const { output } = run(execRequest(['env'], { environment: { GREETING: 'good day', LANG: 'de' } }));
  const lines = output.trim().split('\n').sort();
  expect(lines).toContain('GREETING=good day');
  expect(lines).toContain('LANG=de');
  expect(lines).toContain('USER=root');
  expect(lines).toContain(`HOME=${scratch}`);
  assert.ok(!output.includes('LEFT'));
});

test('it starts at home, in the folder that was asked for, or says that it cannot', () => {
  assert.equal(run(execRequest(['pwd'])).output, `${scratch}\n`);
  assert.equal(run(execRequest(['pwd'], { environment: { HOME: '/no/such' } })).output, '/\n');
  assert.equal(run(execRequest(['pwd'], { cwd: '/usr/bin' })).output, '/usr/bin\n');
  const nowhere = execRequest(['pwd'], { cwd: '/no/such' });
  assert.throws(
    () => readOutcome(run(nowhere).said, nowhere),
    (error) => isFault(error, 'invalid') && error.message.includes('/no/such'),
  );
});

test('what cannot be started is told apart from what ends with 126 or 127', () => {
  const file = join(scratch, 'data');
  writeFileSync(file, '');
  chmodSync(file, 0o644);
  const codes: [string, string][] = [
    ['no-such-program', 'not-found'],
    ['/no/such/program', 'not-found'],
    ['cd', 'not-found'],
    [file, 'invalid'],
    [scratch, 'invalid'],
  ];
  for (const [program, code] of codes) {
    const request = execRequest([program]);
    assert.throws(() => readOutcome(run(request).said, request), { code }, program);
  }
  assert.equal(run(execRequest(['sh', '-c', 'exit 127'])).status, 127);
});

test('a program is found where the PATH of the request says', () => {
  const file = join(scratch, 'mine');
  writeFileSync(file, '#!/bin/sh\necho here\n');
  chmodSync(file, 0o755);
  assert.equal(run(execRequest(['mine'], { environment: { PATH: `${scratch}:/usr/bin` } })).output, 'here\n');
});
