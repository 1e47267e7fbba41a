const windowMs = 60_000;
const restartsPerWindow = 10;

/** Stops an instance that dies at every start from being started for ever: ten times a minute, as Incus does. */
export class RestartBudget {
  readonly #taken = new Map<string, number[]>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Whether one more restart is allowed, which is then counted. */
  take(id: string): boolean {
    const since = this.#now() - windowMs;
    const recent = (this.#taken.get(id) ?? []).filter((time) => time > since);
    if (recent.length >= restartsPerWindow) return false;
    this.#taken.set(id, [...recent, this.#now()]);
    return true;
  }
}
