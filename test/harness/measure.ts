export interface Sample {
  minMs: number;
  medianMs: number;
}

/** Runs `work` `times` times, one after the other, and says how long it took. */
export async function sample(times: number, work: (round: number) => Promise<unknown>): Promise<Sample> {
  const durations: number[] = [];
  for (let round = 0; round < times; round += 1) durations.push(await duration(() => work(round)));
  return asSample(durations);
}

/** Of times in milliseconds. */
export function asSample(times: readonly number[]): Sample {
  const sorted = times.toSorted((a, b) => a - b);
  return { minMs: sorted[0] ?? 0, medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0 };
}

/** Milliseconds that `work` took. */
export async function duration(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** One line of a benchmark: what, how long, and how it compares to a peer measured in the same run. */
export function report(what: string, ours: Sample, peer?: { name: string; sample: Sample }): void {
  const own = `${ours.medianMs.toFixed(1)} ms (best ${ours.minMs.toFixed(1)})`;
  const ratio = peer && (ours.medianMs / peer.sample.medianMs).toFixed(2);
  const beside = peer ? `; ${peer.name} ${peer.sample.medianMs.toFixed(1)} ms; ratio ${ratio}` : '';
  process.stdout.write(`BENCH ${what}: ${own}${beside}\n`);
}

/** A figure that is no duration. */
export function reportFigure(what: string, figure: string): void {
  process.stdout.write(`BENCH ${what}: ${figure}\n`);
}
