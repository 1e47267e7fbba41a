import { Fault } from '#model/fault.ts';

/** Reads the kernel's lists of processors: `0-3,8`. */
export function parseCpuList(text: string): number[] {
  return text
    .split(',')
    .filter(Boolean)
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

export const formatCpuList = (cpus: readonly number[]): string => cpus.join(',');

/**
 * Chooses processors for instances that ask for a number of them, so that `nproc` inside tells the truth and the
 * load is spread: each gets those that the fewest others have. Throws `insufficient` for a set that the host lacks.
 */
export class CpuPlacement {
  readonly #online: readonly number[];
  readonly #placed = new Map<string, readonly number[]>();

  constructor(online: readonly number[]) {
    this.#online = online;
  }

  /** `undefined`, no limit: as many as the host has, or more, or none asked for. Asking again keeps what it has. */
  place(
    id: string,
    choice: { count: number } | { set: readonly number[] } | undefined,
  ): number[] | undefined {
    const before = this.#placed.get(id) ?? [];
    this.#placed.delete(id);
    const cpus = choice && this.#choose(choice, before);
    if (!cpus || cpus.length >= this.#online.length) return undefined;
    this.#placed.set(id, cpus);
    return cpus;
  }

  /** Takes note of what an instance that outlived the daemon has. */
  adopt(id: string, cpus: readonly number[] | undefined): void {
    if (cpus) this.#placed.set(id, cpus);
  }

  release(id: string): void {
    this.#placed.delete(id);
  }

  #present(wanted: readonly number[]): number[] {
    const cpus = wanted.filter((cpu) => this.#online.includes(cpu));
    if (cpus.length > 0) return cpus;
    throw new Fault('insufficient', `This host has none of the processors ${formatCpuList(wanted)}`, {
      hint: `It has ${formatCpuList(this.#online)}.`,
    });
  }

  #choose(choice: { count: number } | { set: readonly number[] }, before: readonly number[]): number[] {
    if ('set' in choice) return this.#present(choice.set);
    const load = new Map(this.#online.map((cpu) => [cpu, 0]));
    for (const cpu of [...this.#placed.values()].flat()) load.set(cpu, (load.get(cpu) ?? 0) + 1);
    const rank = (cpu: number): number => (before.includes(cpu) ? -1 : (load.get(cpu) ?? 0));
    const best = [...this.#online].sort((a, b) => rank(a) - rank(b) || a - b);
    return best.slice(0, choice.count).sort((a, b) => a - b);
  }
}
