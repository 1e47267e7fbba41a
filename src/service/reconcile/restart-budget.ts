import { type Clock, systemClock } from '#base/clock.ts';

const windowMs = 60_000;
const restartsPerWindow = 10;

/** Stops an instance that dies at every start from being started for ever: ten times a minute, as Incus does. */
export class RestartBudget {
  readonly #taken = new Map<string, number[]>();
  readonly #clock: Pick<Clock, 'monotonicMs'>;

  constructor(clock: Pick<Clock, 'monotonicMs'> = systemClock) {
    this.#clock = clock;
  }

  /** Whether one more restart is allowed, which is then counted. */
  take(id: string): boolean {
    const now = this.#clock.monotonicMs();
    const recent = (this.#taken.get(id) ?? []).filter((time) => time > now - windowMs);
    if (recent.length >= restartsPerWindow) return false;
    this.#taken.set(id, [...recent, now]);
    return true;
  }
}
