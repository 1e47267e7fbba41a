import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/** Set for a daemon that is to be so. */
export const impatienceVariable = 'WADAH_TEST_IMPATIENT';

const longMs = 30_000;
const longestMs = 2 ** 31 - 1; // as long as a timer can wait: that is no wait for an end

/** Makes this process wait for a tenth of the time wherever it would wait for half a minute or longer. */
export function makeImpatient(): void {
  const shorten = (ms?: number): number | undefined =>
    ms !== undefined && ms >= longMs && ms < longestMs ? ms / 10 : ms;
  globalThis.setTimeout = new Proxy(globalThis.setTimeout, {
    apply: (target, self, [work, ms, ...args]: Parameters<typeof setTimeout>) =>
      Reflect.apply(target, self, [work, shorten(ms), ...args]),
  });
  const { setTimeout: wait } = timers;
  timers.setTimeout = (ms, value, options) => wait(shorten(ms), value, options);
  syncBuiltinESMExports();
}
