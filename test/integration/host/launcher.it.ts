import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'vitest';

/** Stands in for the daemon: does what its arguments say, tells where it is, and stays if asked to. */
const standIn = `
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
const [verb, ...args] = process.argv.slice(2);
if (verb === 'mount') execFileSync('mount', ['-t', 'tmpfs', 'wadah-test', args[0]]);
if (verb === '--cleanup' && args[0] === 'fails') process.exit(3);
console.log(JSON.stringify({
  pid: process.pid,
  namespace: readlinkSync('/proc/self/ns/mnt'),
  directory: process.env.WADAH_DIR,
  certificates: process.env.NODE_EXTRA_CA_CERTS,
  args: process.argv.slice(2),
  mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
}));
if (verb === 'stay') setInterval(() => {}, 1000);
`;

interface Facts {
  pid: number;
  namespace: string;
  directory: string;
  certificates: string | undefined;
  args: string[];
  mounts: string;
}

let folder: string;
let program: string;
let running: ChildProcess[];

beforeEach(async () => {
  running = [];
  folder = await mkdtemp('/tmp/wadah-launcher-');
  program = join(folder, 'bin/wadahd');
  await Promise.all(['bin', 'dist', 'state', 'mounted'].map((name) => mkdir(join(folder, name))));
  await copyFile(join(import.meta.dirname, '../../../bin/wadahd'), program);
  await chmod(program, 0o755);
  await writeFile(join(folder, 'dist/wadahd.mjs'), standIn);
});
afterEach(async () => {
  for (const child of running) if (child.kill('SIGKILL')) await once(child, 'exit');
  await launch('--cleanup');
  await rm(folder, { recursive: true });
});

function start(...args: string[]): ChildProcess {
  return spawn(program, args, {
    cwd: folder,
    env: { ...process.env, WADAH_DIR: 'state', NODE_EXTRA_CA_CERTS: '/dev/null' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function launch(...args: string[]): Promise<Facts> {
  return (await json(start(...args).stdout as NodeJS.ReadableStream)) as Facts;
}

/** One that runs until the test ends. */
async function stay(): Promise<{ child: ChildProcess; facts: Facts }> {
  const child = start('stay');
  running.push(child);
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, facts: JSON.parse(String(line)) as Facts };
}

const hostMounts = (): string => readFileSync('/proc/self/mountinfo', 'utf8');

test('the daemon has a mount namespace of its own, and what it mounts is not on the host', async () => {
  const facts = await launch('mount', join(folder, 'mounted'));
  assert.notEqual(facts.namespace, readlinkSync('/proc/self/ns/mnt'));
  assert.match(facts.mounts, /wadah-test/);
  assert.doesNotMatch(hostMounts(), /wadah-test/);
});

test('a daemon that was killed finds its namespace and mounts again', async () => {
  const first = await stay();
  await launch('mount', join(folder, 'mounted'));
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = await launch('look');
  assert.equal(second.namespace, first.facts.namespace);
  assert.match(second.mounts, /wadah-test/);
});

test('the process that was started is the daemon itself', async () => {
  const { child, facts } = await stay();
  assert.equal(facts.pid, child.pid);
  assert.equal(facts.directory, join(folder, 'state'));
  assert.equal(facts.certificates, undefined);
});

test('arguments arrive as they are', async () => {
  assert.deepEqual((await launch('look', 'a b', '', '*')).args, ['look', 'a b', '', '*']);
});

test('starts at the same moment make one namespace', async () => {
  const all = await Promise.all([launch('look'), launch('look'), launch('look')]);
  assert.equal(new Set(all.map(({ namespace }) => namespace)).size, 1);
});

test('cleaning up leaves no trace in the host’s mount table, and a failed one keeps the namespace', async () => {
  const before = hostMounts();
  const { namespace } = await launch('look');
  assert.equal(hostMounts().split('\n').length, before.split('\n').length + 2);
  const failing = start('--cleanup', 'fails');
  assert.deepEqual(await once(failing, 'exit'), [3, null]);
  assert.equal((await launch('look')).namespace, namespace);
  await launch('--cleanup');
  assert.equal(hostMounts(), before);
});

test('mounts of the host that come later are seen inside where the host shares them', async () => {
  const shared = join(folder, 'mounted');
  execFileSync('mount', ['-t', 'tmpfs', 'wadah-shared', shared]);
  try {
    execFileSync('mount', ['--make-shared', shared]);
    await launch('look');
    await mkdir(join(shared, 'later'));
    execFileSync('mount', ['-t', 'tmpfs', 'wadah-later', join(shared, 'later')]);
    const { mounts } = await launch('look');
    assert.match(mounts, /wadah-later/);
    assert.doesNotMatch(mounts, / shared:/);
  } finally {
    execFileSync('umount', ['-R', shared]);
  }
});

test('without root the refusal says what to do', async () => {
  await chmod(folder, 0o755);
  const child = spawn('setpriv', ['--reuid', '65534', '--clear-groups', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  assert.equal(await text(child.stderr), 'Error: wadahd needs root\nRun: sudo wadahd\n');
});
