import { AsyncResource } from 'node:async_hooks';

/**
 * Gathers items while the batch before them is being worked on, then hands over all of them at once. An item
 * that finds nothing going on waits for nothing; a crowd of them shares one piece of work.
 */
export class Batches<T> {
  readonly #work: (items: T[]) => Promise<void>;
  #next: { items: T[]; done: Promise<void> } | undefined;
  #current: Promise<unknown> = Promise.resolve();

  /** `work` runs for one batch at a time, in order. */
  constructor(work: (items: T[]) => Promise<void>) {
    // A batch belongs to many callers: it must not run in the async context (operation, cgroup) of the first one.
    this.#work = AsyncResource.bind(work);
  }

  /** Settles as the batch does in which the item is. */
  add(item: T): Promise<void> {
    if (this.#next) {
      this.#next.items.push(item);
      return this.#next.done;
    }
    const items = [item];
    const done = this.#current.then(() => {
      this.#next = undefined;
      return this.#work(items);
    });
    this.#current = done.catch(() => undefined);
    this.#next = { items, done };
    return done;
  }
}
