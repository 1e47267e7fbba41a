import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { asFault } from '#model/fault.ts';
import type { OperationView } from '#model/operation.ts';
import { SmallDisk } from './small-disk.ts';

interface HasOperations {
  operations: { retryLeft(): Promise<void> };
}

export interface FullDiskWalk<World extends HasOperations> {
  /** What the operation finds, on a disk that is not full yet. */
  makeWorld(disk: SmallDisk): Promise<World>;
  act(world: World): Promise<OperationView>;
  /** All that there is, as far as it is the same whenever it is done. */
  look(world: World): Promise<unknown>;
}

type Fault = OperationView['fault'];

/**
 * For tests: plays an operation again and again, on a disk that becomes full at each of its writes in turn. It must
 * succeed, or say so and leave everything as it was; and once there is room, it succeeds. Without a reserve something
 * half-done may stay until then, or it is done all the same. Resolves to the number of writes at which it was refused.
 */
export async function walkFullDisk<World extends HasOperations>(
  walk: FullDiskWalk<World>,
  { hasReserve }: { hasReserve: boolean },
): Promise<number> {
  const done = await doneOf(walk);
  for (let writes = 0, refusals = 0; ; writes += 1) {
    const disk = new SmallDisk({ hasReserve });
    const world = await walk.makeWorld(disk);
    const before = await walk.look(world);
    disk.fillAfter(writes);
    const fault = await faultOf(walk.act(world));
    const { hasRefused } = disk;
    disk.empty();
    if (fault) {
      assert.equal(fault.code, 'insufficient', fault.message);
      assert.ok(fault.hint, fault.message);
      if (!hasReserve) await world.operations.retryLeft();
      assert.ok(
        isOneOf(await walk.look(world), hasReserve ? [before] : [before, done]),
        `after ${writes} writes`,
      );
      assert.equal(await faultOf(walk.act(world)), undefined, `the next try after ${writes} writes`);
      refusals += 1;
    }
    assert.deepEqual(await walk.look(world), done, `after ${writes} writes`);
    if (!hasRefused) return refusals;
  }
}

async function doneOf<World extends HasOperations>({
  makeWorld,
  act,
  look,
}: FullDiskWalk<World>): Promise<unknown> {
  const world = await makeWorld(new SmallDisk());
  assert.equal(await faultOf(act(world)), undefined);
  return look(world);
}

const isOneOf = (seen: unknown, expected: unknown[]): boolean =>
  expected.some((one) => isDeepStrictEqual(seen, one));

async function faultOf(operation: Promise<OperationView>): Promise<Fault> {
  return operation.then(({ fault }) => fault, asFault);
}
