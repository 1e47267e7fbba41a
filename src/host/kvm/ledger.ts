import type { KvmPlace, KvmTraceRow } from '#model/kvm.ts';
import type { Step } from './guest.ts';

/** Counts exits and their times by the place where the guest was found. */
export class Ledger {
  readonly #rows = new Map<string, KvmTraceRow>();

  add({ place, exit, guestMs, engineMs }: Step): void {
    const row = this.#row(place);
    row.exits += 1;
    row.reasons[exit.kind] = (row.reasons[exit.kind] ?? 0) + 1;
    row.guestMs += guestMs;
    row.engineMs += engineMs;
  }

  /** In the order in which the guest came by. */
  get rows(): KvmTraceRow[] {
    return [...this.#rows.values()];
  }

  get exits(): number {
    return this.rows.reduce((sum, { exits }) => sum + exits, 0);
  }

  #row(place: KvmPlace): KvmTraceRow {
    const key = `${place.mode} ${place.ring}`;
    const row = this.#rows.get(key) ?? { place, exits: 0, reasons: {}, guestMs: 0, engineMs: 0 };
    this.#rows.set(key, row);
    return row;
  }
}
