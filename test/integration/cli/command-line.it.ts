import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, test } from 'vitest';
import type { TestHost } from '../../harness/host.ts';
import { makeHost } from '../../harness/host.ts';

let host: TestHost;
let folder = '';
const program = path.join(import.meta.dirname, '../../../bin/wadah');

beforeAll(async () => {
  folder = await mkdtemp('/var/tmp/wadah-cli-');
  host = await makeHost();
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'web1', '--wait');
});
afterAll(async () => {
  await host.remove();
  await rm(folder, { recursive: true });
});

/** Runs a shell line in a terminal of 30 rows and 100 columns; types each text when what it waits for was shown. */
async function inTerminal(line: string, typing: readonly { after: string; type: string }[]): Promise<string> {
  const terminal = spawn('script', ['-qec', `stty rows 30 cols 100; ${line}`, '/dev/null'], {
    env: { ...process.env, ...host.env, TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  let next = 0;
  let seen = 0;
  terminal.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    for (let step = typing[next]; step && shown.slice(seen).includes(step.after); step = typing[next]) {
      seen = shown.length;
      next += 1;
      terminal.stdin.write(step.type);
    }
  });
  await new Promise((resolve) => terminal.once('close', resolve));
  return shown;
}

test('a shell in a terminal has its size, passes bytes unchanged, and gives the terminal back', async () => {
  const shown = await inTerminal(`${program} shell web1; echo status $?; stty -a`, [
    { after: '# ', type: 'stty size; tty\r' },
    { after: '# ', type: 'exit 7\r' },
  ]);
  assert.match(shown, /\r\n30 100\r\n\/dev\/pts\/\d+\r\n/);
  assert.match(shown, /status 7\r\n/);
  assert.doesNotMatch(shown, /\r\r\n/);
  assert.match(shown, /^opost /m);
  assert.match(shown, / icanon /);
});

test('a resize here is seen inside', async () => {
  const wait = 'while [ "$(stty size)" != "44 120" ]; do usleep 20000; done; stty size';
  const resize = '(sleep 1; stty -F "$terminal" rows 44 cols 120) &';
  const shown = await inTerminal(`terminal=$(tty); ${resize} ${program} exec web1 -- sh -c '${wait}'`, []);
  assert.match(shown, /44 120\r\n/);
});

test('ctrl-c at a terminal interrupts the program inside, not us', async () => {
  const shown = await inTerminal(`${program} exec web1 -- sh -c 'echo waiting; sleep 100'; echo status $?`, [
    { after: 'waiting', type: '\u0003' },
  ]);
  assert.match(shown, /status 130\r\n/);
});

test('the console is left with ctrl-a q while the guest goes on', async () => {
  const before = await host.initPid('web1');
  const shown = await inTerminal(`${program} console web1; echo status $?`, [
    { after: 'login:', type: '\u0001q' },
  ]);
  assert.match(shown, /status 0\r\n/);
  assert.equal(await host.initPid('web1'), before);
});

test('megabytes go through a program inside and come back whole', async () => {
  const sent = randomBytes(8 * 2 ** 20);
  const child = spawn(program, ['exec', 'web1', '--', 'cat'], { env: { ...process.env, ...host.env } });
  const hash = createHash('sha256');
  child.stdout.on('data', (chunk: Buffer) => hash.update(chunk));
  child.stdin.end(sent);
  const status = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(status, 0);
  assert.equal(hash.digest('hex'), createHash('sha256').update(sent).digest('hex'));
});

test('a slow reader of a pipe gets everything, also what was written last', async () => {
  const line = `${program} query /1.0/openapi.json | (sleep 1; wc -c)`;
  const { stdout } = await execa(line, { shell: true, env: host.env });
  const whole = await host.wadah(['query', '/1.0/openapi.json']);
  assert.ok(Number(stdout) > 100_000);
  assert.equal(Number(stdout), Buffer.byteLength(`${String(whole.stdout)}\n`));
});

test('exec ends with the status of the command, and 125 when it was not run', async () => {
  const status = async (...command: string[]) => (await host.wadah(['exec', ...command])).exitCode;
  assert.equal(await status('web1', '--', 'sh', '-c', 'exit 42'), 42);
  assert.equal(await status('web1', '--', 'no-such-program'), 127);
  assert.equal(await status('web1', '--', '/etc'), 126);
  assert.equal(await status('web1', '--', 'sh', '-c', 'kill -9 $$'), 137);
  assert.equal(await status('nobody', '--', 'true'), 125);
});

test('a signal that we get is the signal that the program inside gets', async () => {
  const script = 'trap "echo caught; exit 9" TERM; echo ready; while :; do usleep 20000; done';
  const child = spawn(program, ['exec', 'web1', '--', 'sh', '-c', script], {
    env: { ...process.env, ...host.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (out === '') child.kill('SIGTERM');
    out += chunk.toString();
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(out, 'ready\ncaught\n');
  assert.equal(status, 9);
});

test('a folder is pushed and pulled with its files, links and permissions', async () => {
  const site = path.join(folder, 'site');
  await mkdir(path.join(site, 'pages'), { recursive: true });
  await writeFile(path.join(site, 'pages/run'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
  await symlink('pages/run', path.join(site, 'start'));
  await host.must('file', 'push', '-r', '-p', site, 'web1/srv/www/', '--uid', '33', '--gid', '33');
  assert.equal(await host.must('exec', 'web1', '--', '/srv/www/site/start'), 'hello');
  assert.equal(
    await host.must('exec', 'web1', '--', 'stat', '-c', '%u:%g %a', '/srv/www/site/pages/run'),
    '33:33 755',
  );
  const back = path.join(folder, 'back');
  await host.must('file', 'pull', '-r', 'web1/srv/www/site', back);
  assert.equal(await readFile(path.join(back, 'pages/run'), 'utf8'), '#!/bin/sh\necho hello\n');
  assert.equal((await stat(path.join(back, 'pages/run'))).mode & 0o777, 0o755);
  assert.equal(await readlink(path.join(back, 'start')), 'pages/run');
});

test('list shows the address, and json what programs want', async () => {
  const shown = await host.must('list', '--format', 'csv', '-c', 'name,state,ipv4');
  assert.match(shown, /^web1,RUNNING,10\.\d+\.\d+\.\d+ \(eth0\)$/);
  const [instance] = JSON.parse(await host.must('list', '--format', 'json')) as {
    state: { processes: number };
  }[];
  assert.ok((instance?.state.processes ?? 0) >= 1);
});

test('refusals say what, why and what to do, and each has its exit status', async () => {
  const refusals: [string[], number, RegExp][] = [
    [['info', 'nobody'], 3, /^Error: There is no instance "nobody"\nHint: /],
    [['launch', 'nothing'], 3, /^Error: There is no image "nothing"\nHint: /],
    [['launch', 'debian/12'], 3, /Hint: .*wadah image build debian\/12/],
    [['launch', 'busybox', 'web1'], 6, /^Error: The name "web1" is taken\nHint: /],
    [['launch', 'busybox', '-c', 'limits.memori=1GiB'], 2, /Did you mean .*limits\.memory/],
    [['launch', 'busybox', '-c', 'limits.memory=much'], 2, /limits\.memory must be an amount/],
    [['start', 'web1'], 4, /^Error: Cannot start "web1": it is running\nHint: /],
    [['delete', 'web1'], 4, /wadah delete --force web1/],
  ];
  for (const [line, status, told] of refusals) {
    const { exitCode, stderr } = await host.wadah(line);
    assert.equal(exitCode, status, line.join(' '));
    assert.match(String(stderr), told);
  }
});
