import type { Route } from '../routes.ts';

/**
 * The socket of a route that listens, and whatever goes on through it.
 *
 *     shut ◀──shut──▶ open        `hangUp` ends what goes on, in either state
 */
export interface Listener {
  /** May be another one from the next connection on. */
  route: Route;
  /** Throws `host`, `timed-out`. */
  open(): Promise<void>;
  /** At once; resolves when nothing of it is left in a file system. */
  shut(): Promise<void>;
  hangUp(): void;
}
