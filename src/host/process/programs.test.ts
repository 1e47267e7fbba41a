import assert from 'node:assert/strict';
import { closeSync, readlinkSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, vi } from 'vitest';
import { isFault } from '#model/fault.ts';
import { libcFunction } from '../sys/libc.ts';
import { HostPrograms } from './host-programs.ts';
import { runInLeaf } from './leaf.ts';
import { bootId, isAlive, readProc, startTimeOf } from './proc.ts';

const programs = new HostPrograms();
const sh = (script: string, ...args: string[]): string[] => ['sh', '-c', script, ...args];

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp('/tmp/wadah-programs-');
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('arguments, input, folder and environment reach the program as they are', async () => {
  const { stdout, stderr, exitCode } = await programs.run(
    sh('cat; pwd; echo "$WORD$NODE_EXTRA_CA_CERTS" >&2; printf "%s|" "$@"', 'sh', 'a b', '', '$HOME', '*'),
    { input: 'typed\n', cwd: '/usr', env: { WORD: 'hello' } },
  );
  assert.equal(stdout, 'typed\n/usr\na b||$HOME|*|');
  assert.equal(stderr, 'hello\n');
  assert.equal(exitCode, 0);
});

test('a failure says what for, which status and the last line; its cause tells more', async () => {
  const run = programs.run(sh('echo first >&2; echo "no such link" >&2; exit 3'), {
    purpose: 'wire instance "web1"',
  });
  await assert.rejects(run, (error) => {
    assert.ok(isFault(error, 'host'));
    assert.equal(error.message, 'Cannot wire instance "web1": sh failed with status 3: no such link');
    assert.match(String(error.cause), /first\nno such link/);
    return true;
  });
});

test('a status that the caller expects is no failure', async () => {
  assert.equal((await programs.run(sh('exit 3'), { okExits: [3] })).exitCode, 3);
});

test('a program that is not installed is named with the package that brings it', async () => {
  await assert.rejects(programs.run(['nft-of-wadah']), {
    code: 'unsupported',
    hint: 'Install it: apt-get install nft-of-wadah',
  });
  await assert.rejects(programs.run(['/nowhere/x']), { code: 'unsupported' });
});

test('a missing folder and a file that cannot be executed are host faults', () =>
  inFolder(async (folder) => {
    await assert.rejects(programs.run(['true'], { cwd: `${folder}/none` }), {
      code: 'host',
      message: /ENOENT/,
    });
    await writeFile(join(folder, 'junk'), '\0', { mode: 0o755 });
    await assert.rejects(programs.run([join(folder, 'junk')]), { code: 'host', message: /ENOEXEC/ });
  }));

test('lines are told one by one while it runs, the last one without its end too', async () => {
  const lines: string[] = [];
  await programs.run(sh('printf "10%%\\r20%%\\r\\ndone\\nlast"'), { onLine: (line) => lines.push(line) });
  assert.deepEqual(lines, ['10%', '20%', 'done', 'last']);
});

test('the newest 8 MiB of the output are kept', async () => {
  const { stdout } = await programs.run(sh('head -c 9000000 /dev/zero; echo end'));
  assert.equal(stdout.length, 8 * 2 ** 20);
  assert.ok(stdout.endsWith('end\n'));
});

test('a program that does not read its input is no failure', async () => {
  await programs.run(['true'], { input: 'x'.repeat(1_000_000) });
});

test('a program that takes too long is ended with what it started', async () => {
  const late = programs.run(sh('sleep 600 & echo $!; wait'), { timeoutMs: 50, purpose: 'sleep' });
  await assert.rejects(late, { code: 'timed-out', message: 'Cannot sleep: sh was not done after 0.05 s' });
});

test('aborting ends the program, even one that ignores SIGTERM, and rejects with the reason', async () => {
  const reason = new Error('changed my mind');
  const controller = new AbortController();
  let child = 0;
  const run = programs.run(sh('trap "" TERM; sleep 600 & echo $!; while :; do wait; done'), {
    signal: controller.signal,
    onLine: (line) => {
      child = Number(line);
      controller.abort(reason);
    },
  });
  await assert.rejects(run, reason);
  // It was killed with the others; init buries it when it comes to that.
  await vi.waitFor(() => assert.equal(startTimeOf(child), undefined), { timeout: 30_000 });
  await assert.rejects(programs.run(['true'], { signal: controller.signal }), reason);
});

test('what goes on in the background does not keep the caller waiting', async () => {
  const { stdout } = await programs.run(sh('sleep 600 & echo $!'));
  process.kill(Number(stdout));
});

test('many programs at once all come back with their own output', async () => {
  const runs = Array.from({ length: 40 }, (_, index) => programs.run(['echo', String(index)]));
  const outputs = (await Promise.all(runs)).map(({ stdout }) => Number(stdout));
  assert.deepEqual(
    outputs,
    runs.map((_, index) => index),
  );
});

test('a spawned program has a session of its own, ordinary signals, and pipes both ways', async () => {
  const { pid, child, exited } = await programs.spawn(['cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const stat = readProc(pid, 'stat')?.split(' ') ?? [];
  assert.equal(Number(stat[5]), pid, 'session');
  assert.match(readProc(pid, 'status') ?? '', /SigBlk:\t0{16}\nSigIgn:\t0{16}\n/);
  child.stdin?.end('there and back');
  let text = '';
  for await (const chunk of child.stdout ?? []) text += String(chunk);
  assert.equal(text, 'there and back');
  assert.deepEqual(await exited, { code: 0, signal: null });
});

test('how a spawned program ends is told by name', async () => {
  const { pid, exited } = await programs.spawn(['sleep', '600']);
  process.kill(pid, 'SIGHUP');
  assert.deepEqual(await exited, { code: null, signal: 'SIGHUP' });
});

test('files are handed on as standard output and error', () =>
  inFolder(async (folder) => {
    const [out, err] = [await open(join(folder, 'out'), 'w'), await open(join(folder, 'err'), 'w')];
    const { exited } = await programs.spawn(sh('echo out; echo err >&2'), {
      stdio: ['ignore', out.fd, err.fd],
    });
    await exited;
    await Promise.all([out.close(), err.close()]);
    assert.equal(await readFile(join(folder, 'out'), 'utf8'), 'out\n');
    assert.equal(await readFile(join(folder, 'err'), 'utf8'), 'err\n');
  }));

test('a program gets no descriptor that it was not given', async () => {
  const stray = libcFunction('dup', 'int', ['int'])(1); // not closed on exec
  try {
    const { stdout } = await programs.run(['ls', '/proc/self/fd']);
    assert.equal(stdout, '0\n1\n2\n3\n', 'the last one is that of the folder');
  } finally {
    closeSync(stray);
  }
});

test('descriptors that change places do not overwrite each other', () =>
  inFolder(async (folder) => {
    const file = await open(join(folder, 'seen'), 'w');
    const script = 'seen=$(readlink /proc/$$/fd/1 /proc/$$/fd/2); echo "$seen" >&3';
    await (await programs.spawn(sh(script), { stdio: ['ignore', 2, 1, file.fd] })).exited;
    await file.close();
    const ours = [2, 1].map((fd) => readlinkSync(`/proc/self/fd/${fd}`));
    assert.equal(await readFile(join(folder, 'seen'), 'utf8'), `${ours.join('\n')}\n`);
  }));

test('a program is born in the leaf of the work that runs it, or in the one it is given', () =>
  inFolder(async (folder) => {
    // Any folder will do: the shell writes 0 to cgroup.procs before it becomes the program.
    const entered = () => readFile(join(folder, 'cgroup.procs'), 'utf8');
    const { stdout } = await runInLeaf(folder, () => programs.run(['echo', 'a  b']));
    assert.equal(stdout, 'a  b\n');
    assert.equal(await entered(), '0\n');
    await rm(join(folder, 'cgroup.procs'));
    await programs.run(['true'], { leaf: folder });
    assert.equal(await entered(), '0\n');
    await rm(join(folder, 'cgroup.procs'));
    await runInLeaf(folder, async () => (await programs.spawn(['true'])).exited);
    await assert.rejects(entered(), { code: 'ENOENT' });
    await assert.rejects(programs.run(['true'], { leaf: `${folder}/gone` }), { code: 'host' });
  }));

test('a process is told from a later one with its number', async () => {
  const { pid, exited } = await programs.spawn(['sleep', '600']);
  const startTime = startTimeOf(pid) ?? '';
  assert.match(startTime, /^\d+$/);
  assert.equal(isAlive(pid, startTime), true);
  assert.equal(isAlive(pid, '1'), false);
  process.kill(pid);
  await exited;
  assert.equal(isAlive(pid, startTime), false);
  assert.match(bootId(), /^[0-9a-f-]{36}$/);
});
