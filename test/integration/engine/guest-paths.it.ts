import assert from 'node:assert/strict';
import { afterAll, beforeAll, test } from 'vitest';
import { CrunEngine } from '#engine/container/crun-engine.ts';
import type { MountPlan } from '#engine/engine.ts';
import { execRequest } from '#engine/test-exec.ts';
import { testGuestPaths } from '../../harness/guest-paths.ts';
import { eventually } from '../../harness/host.ts';
import { inside, never } from './guest-program.ts';
import { TestContainers } from './test-containers.ts';

const id = '0123abcd';
const terminal = { columns: 80, rows: 24 };
let containers: TestContainers;
let engine: CrunEngine;

beforeAll(async () => {
  containers = await TestContainers.open();
  const { programs } = containers.host;
  engine = new CrunEngine({ ...containers.host, guestPaths: testGuestPaths(programs, 2_000) });
  await engine.open();
  await engine.start(await plan(), never);
});
afterAll(() => containers.close(engine, id));

/** Privileged: of a file system that belongs to another user namespace, the kernel keeps the host away by itself. */
const plan = async () => ({ ...(await containers.plan(id)), idRange: undefined });

const guest = (script: string): Promise<string> => inside(engine, id, script).then(({ stdout }) => stdout);

const memoryAt = (path: string): MountPlan => ({
  path,
  source: { kind: 'memory', sizeBytes: undefined, isReadOnly: false },
});

async function attach(...mounts: MountPlan[]): Promise<void> {
  await engine.update({ ...(await plan()), mounts }, { isForced: false });
}

/** A file system that nobody serves: whoever looks at it waits for as long as the device is open. */
const hang = (folder: string) => `mkdir -p ${folder}; exec 5<>/dev/fuse
mount -t fuse -o fd=5,rootmode=40000,user_id=0,group_id=0 none ${folder} && echo hangs; exec sleep 1000`;

/** Mounts one inside; resolves when it is there to how it is taken away. */
async function hangAt(folder: string): Promise<() => Promise<void>> {
  const over = new AbortController();
  const session = await engine.exec(id, execRequest(['sh', '-c', hang(folder)]), over.signal);
  session.stderr?.resume();
  await eventually(async () => assert.match(await guest('cat /proc/mounts'), new RegExp(` ${folder} fuse `)));
  return async () => {
    over.abort();
    await session.exited.catch(() => undefined);
    await guest(`umount -l ${folder}`);
  };
}

test('a path inside that never answers fails the change, and holds up nothing else', async () => {
  const serve = await hangAt('/mnt/stuck');
  const stuck = attach(memoryAt('/mnt/stuck/data'));
  const refused = assert.rejects(stuck, {
    code: 'timed-out',
    message: 'The path /mnt/stuck/data inside did not answer within 2 s',
  });
  assert.equal(await guest('echo meanwhile'), 'meanwhile');
  await refused;
  await serve();
  await attach(memoryAt('/mnt/data'));
  assert.match(await guest('cat /proc/mounts'), / \/mnt\/data tmpfs /);
  await attach();
  assert.doesNotMatch(await guest('cat /proc/mounts'), / \/mnt\/data /);
});

test('what it holds is counted without a look at its paths, and terminals from both of their sides', async () => {
  const hold = 'head -c 1 /dev/ptmx & sleep 1000 </dev/pts/ptmx & wait';
  const session = await engine.exec(id, execRequest(['sh', '-c', hold], { terminal }), never);
  const terminals = async () => (await engine.counters(id, { isWhole: true }))?.counters.terminals?.held;
  await eventually(async () => assert.equal(await terminals(), 3));
  const serve = await hangAt('/dev');
  assert.equal(await terminals(), 3);
  session.signal(9);
  await serve();
});
