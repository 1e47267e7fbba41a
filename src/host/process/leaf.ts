import { AsyncLocalStorage } from 'node:async_hooks';

const leaves = new AsyncLocalStorage<string>();

/** Runs `work` so that every program it runs, however deep below, is born in the cgroup v2 folder `leaf`. */
export function runInLeaf<T>(leaf: string, work: () => T): T {
  return leaves.run(leaf, work);
}

/** From here on, every program that the caller runs, and whatever it goes on to do, is born in `leaf` unless a closer one is named. */
export function stayInLeaf(leaf: string): void {
  leaves.enterWith(leaf);
}

export function currentLeaf(): string | undefined {
  return leaves.getStore();
}
