import { isDeepStrictEqual } from 'node:util';
import type { Forward } from '#model/device.ts';
import { stateOf, watchGroup } from '../../cgroup/v2-group.ts';
import type { RunningGuest } from '../protocol.ts';
import { isOfDatagrams, listenerKey, type Route, routesOf } from '../routes.ts';
import { complain } from './complain.ts';
import { DatagramListener } from './datagram-listener.ts';
import { cannotListen } from '../faults.ts';
import { Guest } from './guest.ts';
import type { Listener } from './listener.ts';
import { Sides } from './sides.ts';
import { StreamListener } from './stream-listener.ts';

/** One container, with all that is forwarded for it, for as long as it runs. */
export class ServedGuest {
  readonly #about: RunningGuest;
  readonly #guest: Guest;
  readonly #sides: Sides;
  readonly #watching: { stop(): void };
  #listeners = new Map<string, Listener>();

  /** `onEnd`: told once when it has ended. Throws `wrong-state` when it has already. */
  constructor(about: RunningGuest, onEnd: () => void) {
    this.#about = about;
    this.#guest = new Guest(about);
    this.#sides = new Sides(this.#guest);
    this.#watching = watchGroup(about.group, ({ isPopulated }) => {
      if (!isPopulated) onEnd();
    });
    if (!stateOf(about.group).isPopulated) setImmediate(onEnd); // it ended before we watched
  }

  is(about: RunningGuest): boolean {
    return isDeepStrictEqual(this.#about, about);
  }

  /**
   * From now on these: all of them or, after a refusal, what was before. What stays is not interrupted, and where only
   * its target is another one, connections that go on keep the old one.
   */
  async serve(forwards: readonly Forward[]): Promise<void> {
    const routes = new Map(forwards.flatMap(routesOf).map((route) => [listenerKey(route), route] as const));
    const gone = [...this.#listeners].filter(([key]) => !routes.has(key)).map(([, listener]) => listener);
    const come = [...routes].filter(([key]) => !this.#listeners.has(key));
    for (const listener of gone) await listener.shut(); // a new one may want the very address
    const opened = await this.#openAll(come, async () => {
      for (const listener of gone) await listener.open().catch((error) => complain('what was before', error));
    });
    for (const listener of gone) listener.hangUp();
    const stay = [...this.#listeners].filter(([key]) => routes.has(key));
    this.#listeners = new Map([...stay, ...opened]);
    for (const [key, route] of routes) (this.#listeners.get(key) as Listener).route = route;
  }

  async end(): Promise<void> {
    this.#watching.stop();
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.hangUp();
    await Promise.all(listeners.map((listener) => listener.shut()));
    this.#guest.close();
  }

  async #openAll(
    routes: readonly (readonly [string, Route])[],
    giveUp: () => Promise<void>,
  ): Promise<[string, Listener][]> {
    const opened: [string, Listener][] = [];
    for (const [key, route] of routes) {
      const listener = this.#listenerOf(route);
      try {
        await listener.open();
        opened.push([key, listener]);
      } catch (error) {
        for (const [, each] of opened) await each.shut();
        await giveUp();
        throw cannotListen(route, error);
      }
    }
    return opened;
  }

  #listenerOf(route: Route): Listener {
    return isOfDatagrams(route)
      ? new DatagramListener(route, this.#sides)
      : new StreamListener(route, this.#sides);
  }
}
