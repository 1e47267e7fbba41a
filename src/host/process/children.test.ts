import assert from 'node:assert/strict';
import { once } from 'node:events';
import { settlesWithin } from '#base/wait.ts';
import { test } from 'vitest';
import { becomeSubreaper } from '../sys/processes.ts';
import { exitOf } from './children.ts';
import { HostPrograms } from './host-programs.ts';

const programs = new HostPrograms();

test('how the child of a child ends is told, although it is ours only after its parent has ended', async () => {
  becomeSubreaper();
  const script = 'exec 3<&0; { read go <&3; exit 7; } & echo $!; exec sleep 1000';
  const { pid, child, exited } = await programs.spawn(['sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const grandchild = exitOf(Number(said));
  assert.equal(await settlesWithin(grandchild, 50), false);
  process.kill(pid, 'SIGKILL');
  assert.deepEqual(await exited, { code: null, signal: 'SIGKILL' });
  assert.equal(await settlesWithin(grandchild, 50), false);
  child.stdin?.end('go\n');
  assert.deepEqual(await grandchild, { code: 7, signal: null });
});

test('what is no child of ours, and nobody’s below us, is over as far as we know', async () => {
  assert.deepEqual(await exitOf(1), { code: null, signal: null });
});
