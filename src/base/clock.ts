/** Time as code sees it, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch, for people. Jumps when somebody sets the clock. */
  now(): number;
  /** Milliseconds since some moment, for durations. Goes on evenly, whatever the clock is set to. */
  monotonicMs(): number;
  /** Calls `run` once, `ms` milliseconds from now. Keeps no process alive. Returns what calls it off. */
  after(ms: number, run: () => void): () => void;
}

/** The longest time that `after` can wait for, in milliseconds; Node fires at once beyond it. */
export const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
