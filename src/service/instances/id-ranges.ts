import { KeyedLock } from '#base/keyed-lock.ts';
import type { IdRange, InstanceId } from '#model/instance.ts';
import type { Store } from '#store/store.ts';
import type { IdRanges } from './deps.ts';

const rangeSize = 65_536;

/** Blocks of host ids that this daemon has claimed on the host. */
export interface IdBlocks {
  idsPerBlock: number;
  claimIdBlocks(wanted: readonly number[]): Promise<number[]>;
  claimFreeIdBlock(): Promise<number>;
}

const key = (id: InstanceId): string => `id-range/${id}`;

/**
 * Gives each container a range of host ids. A disk holds the guest's own ids, so that a range matters only
 * while its container runs: after a boot of the host another daemon may have the block, and a new one is taken.
 */
export class HostIdRanges implements IdRanges {
  readonly #store: Store;
  readonly #blocks: IdBlocks;
  readonly #ranges = new Map<InstanceId, number>();
  readonly #lock = new KeyedLock();
  #mine: number[] = [];

  constructor(store: Store, blocks: IdBlocks) {
    this.#store = store;
    this.#blocks = blocks;
  }

  /** Claims the blocks again in which there are ranges. Ranges in blocks that are lost are forgotten. */
  async open(): Promise<void> {
    const entries = await this.#store.range<{ base: number }>('id-range/');
    const wanted = new Set(entries.map(({ value }) => this.#blockOf(value.base)));
    this.#mine = await this.#blocks.claimIdBlocks([...wanted]);
    for (const { key: name, value } of entries) {
      if (this.#mine.includes(this.#blockOf(value.base)))
        this.#ranges.set(name.slice('id-range/'.length), value.base);
    }
  }

  async claim(id: InstanceId): Promise<IdRange> {
    const base = await this.#lock.run('claim', () => this.#claim(id));
    return { base, size: rangeSize };
  }

  async release(id: InstanceId): Promise<void> {
    await this.#store.transact({ writes: [{ delete: key(id) }] });
    this.#ranges.delete(id);
  }

  async #claim(id: InstanceId): Promise<number> {
    const known = this.#ranges.get(id);
    if (known !== undefined) return known;
    const base = this.#freeBase() ?? (await this.#moreBase());
    await this.#store.transact({ writes: [{ put: key(id), value: { base } }] });
    this.#ranges.set(id, base);
    return base;
  }

  #freeBase(): number | undefined {
    const taken = new Set(this.#ranges.values());
    for (const block of this.#mine) {
      const first = block * this.#blocks.idsPerBlock;
      for (let base = first; base < first + this.#blocks.idsPerBlock; base += rangeSize) {
        if (!taken.has(base)) return base;
      }
    }
    return undefined;
  }

  async #moreBase(): Promise<number> {
    const block = await this.#blocks.claimFreeIdBlock();
    this.#mine.push(block);
    return block * this.#blocks.idsPerBlock;
  }

  #blockOf(base: number): number {
    return Math.floor(base / this.#blocks.idsPerBlock);
  }
}
