import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { withFileOwner } from '#host/sys/credentials.ts';
import {
  attachMount,
  cloneMount,
  idmapMount,
  mount,
  mountFlags,
  mountSync,
  unmount,
  unmountFlags,
} from '#host/sys/mounts.ts';
import { inMountNamespace, inNetworkNamespace } from '#host/sys/namespaces.ts';
import { O_PATH, openWithinSync } from '#host/sys/open-within.ts';
import { becomeSubreaper, type Reaped, reap } from '#host/sys/processes.ts';
import { setTerminalSize } from '#host/sys/terminals.ts';

let folder: string;
const undo: (() => unknown)[] = [];

beforeEach(async () => {
  folder = await mkdtemp('/tmp/wadah-sys-it-');
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await rm(folder, { recursive: true });
});

async function mounted(request: Parameters<typeof mount>[0]): Promise<string> {
  await mkdir(request.target, { recursive: true });
  await mount(request);
  undo.push(() => unmount(request.target, unmountFlags.detach));
  return request.target;
}

const tmpfs = (name: string): Promise<string> =>
  mounted({ source: 'wadah-test', target: join(folder, name), type: 'tmpfs', data: 'mode=755' });

/** A process in namespaces of its own, alive until the test ends. */
async function namespaced(...flags: string[]): Promise<number> {
  const child = spawn('unshare', [...flags, 'sh', '-c', 'echo ready; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  undo.push(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

/** A user namespace in which 0 to 65,535 are `base` and up on the host. */
async function userNamespace(base: number): Promise<number> {
  const pid = await namespaced('--user');
  writeFileSync(`/proc/${pid}/uid_map`, `0 ${base} 65536`);
  writeFileSync(`/proc/${pid}/gid_map`, `0 ${base} 65536`);
  const fd = openSync(`/proc/${pid}/ns/user`, 'r');
  undo.push(() => closeSync(fd));
  return fd;
}

test('work in a network namespace sees its interfaces, and the caller is back home after it', async () => {
  const home = readlinkSync('/proc/thread-self/ns/net');
  const pid = await namespaced('--net');
  const path = `/proc/${pid}/ns/net`;
  const inside = inNetworkNamespace(path, () => ({
    namespace: readlinkSync('/proc/thread-self/ns/net'),
    links: readdirSync('/proc/thread-self/net/dev_snmp6'),
  }));
  assert.notEqual(inside.namespace, home);
  assert.equal(inside.namespace, readlinkSync(path));
  assert.ok(inside.links.every((link) => link === 'lo'));
  assert.throws(() =>
    inNetworkNamespace(path, () => {
      throw new Error('inside');
    }),
  );
  assert.throws(() => inNetworkNamespace(path, async () => undefined), /synchronous/);
  assert.equal(readlinkSync('/proc/thread-self/ns/net'), home);
});

test('an idmapped copy of a mount shows the guest ids of the disk as the range of the container', async () => {
  const disk = await tmpfs('disk');
  await writeFile(join(disk, 'file'), 'x');
  const copy = cloneMount(disk);
  idmapMount(copy, await userNamespace(2_000_000));
  await mkdir(join(folder, 'mapped'));
  attachMount(copy, join(folder, 'mapped'));
  undo.push(() => unmount(join(folder, 'mapped')));
  closeSync(copy);
  assert.equal((await stat(join(disk, 'file'))).uid, 0);
  assert.equal((await stat(join(folder, 'mapped/file'))).uid, 2_000_000);
});

test('an overlay on idmapped layers, mounted as the base id, is writable and keeps guest ids on disk', async () => {
  const base = 2_000_000;
  const usernsFd = await userNamespace(base);
  const disk = await tmpfs('disk');
  for (const name of ['lower', 'upper', 'work']) await mkdir(join(disk, name));
  await writeFile(join(disk, 'lower/file'), 'from below');
  const layers = join(folder, 'layers');
  await mkdir(layers);
  const copy = cloneMount(disk);
  idmapMount(copy, usernsFd);
  attachMount(copy, layers);
  undo.push(() => unmount(layers));
  closeSync(copy);
  const target = join(folder, 'root');
  await mkdir(target);
  const data = `lowerdir=${layers}/lower,upperdir=${layers}/upper,workdir=${layers}/work,index=on,nfs_export=on`;
  withFileOwner(base, () => mountSync({ source: 'overlay', target, type: 'overlay', data }));
  undo.push(() => unmount(target));

  await writeFile(join(target, 'file'), 'changed');
  assert.equal((await stat(join(target, 'file'))).uid, base);
  assert.equal((await stat(join(disk, 'upper/file'))).uid, 0);
  assert.equal(await readFile(join(disk, 'lower/file'), 'utf8'), 'from below');
  await writeFile(join(folder, 'mine'), '');
  assert.equal((await stat(join(folder, 'mine'))).uid, 0, 'the caller is itself again');
});

test('a mount can be put into a running mount namespace, and nowhere else', async () => {
  const tree = await tmpfs('tree');
  await writeFile(join(tree, 'version'), 'from the host\n');
  const pid = await namespaced('--mount', '--propagation', 'private');
  const copy = cloneMount(join(tree, 'version'));
  const cwd = process.cwd();
  inMountNamespace(`/proc/${pid}/ns/mnt`, () => {
    const root = openSync('/', 'r');
    const target = openWithinSync({ folder: root, path: 'proc/version', flags: O_PATH, how: 'no-links' });
    attachMount(copy, target);
    closeSync(target);
    closeSync(root);
  });
  closeSync(copy);
  assert.equal(process.cwd(), cwd);
  const seen = spawn('nsenter', ['-t', String(pid), '-m', 'cat', '/proc/version']);
  assert.equal(String((await once(seen.stdout, 'data'))[0]), 'from the host\n');
  assert.match(await readFile('/proc/version', 'utf8'), /^Linux/);
});

test('a slave bind follows its source, read-only when asked', async () => {
  const source = await tmpfs('source');
  const target = await mounted({ source, target: join(folder, 'bound'), flags: mountFlags.bind });
  const flags = mountFlags.bind | mountFlags.remount | mountFlags.readOnly;
  await mount({ source: 'none', target, flags });
  await assert.rejects(writeFile(join(target, 'x'), ''), { code: 'EROFS' });
  await writeFile(join(source, 'x'), '');
});

test('an orphan becomes our child, and its wait status tells how it ended', async () => {
  becomeSubreaper();
  const asleep = await orphan('echo $$; exec sleep 600');
  assert.equal(reap(asleep), 'running');
  assert.deepEqual(await endOf(asleep, 'SIGHUP'), { signal: 1 });
  const polite = await orphan('trap "exit 7" TERM; echo $$; while :; do sleep 0.01; done');
  assert.deepEqual(await endOf(polite, 'SIGTERM'), { exitCode: 7 });
  assert.equal(reap(polite), 'not-a-child');
});

/** pid of a shell whose parent has ended; the script prints it when it is ready for signals. */
async function orphan(script: string): Promise<number> {
  const parent = spawn('sh', ['-c', 'sh -c "$0" &', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [[line]] = await Promise.all([once(parent.stdout, 'data'), once(parent, 'exit')]);
  parent.stdout.destroy();
  return Number(String(line).trim());
}

async function endOf(pid: number, signal: NodeJS.Signals): Promise<Reaped> {
  process.kill(pid, signal);
  for (;;) {
    const reaped = reap(pid);
    if (reaped !== 'running') return reaped;
    await new Promise(setImmediate);
  }
}

test('a terminal learns its size', async () => {
  const script = spawn('script', ['-qfc', 'sleep 600', '/dev/null'], { stdio: ['pipe', 'ignore', 'ignore'] });
  undo.push(() => script.kill());
  const fd = await terminalOf(script.pid ?? 0);
  undo.push(() => closeSync(fd));
  setTerminalSize(fd, { columns: 132, rows: 43 });
  const stty = spawnSync('stty', ['size'], { stdio: [fd, 'pipe', 'inherit'], encoding: 'utf8' });
  assert.equal(stty.stdout, '43 132\n');
});

/** Opens the terminal that `script` made for its child. */
async function terminalOf(parent: number): Promise<number> {
  for (;;) {
    const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8');
    const [child] = children.split(' ');
    const terminal = child && readlinkSync(`/proc/${child}/fd/0`);
    if (terminal && terminal.startsWith('/dev/pts/')) return openSync(terminal, 'r+');
    await new Promise(setImmediate);
  }
}
