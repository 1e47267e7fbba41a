import { KeyedLock } from '#base/keyed-lock.ts';
import type { IdRange, InstanceId } from '#model/instance.ts';
import type { Store } from '#store/store.ts';
import type { IdRanges } from './deps.ts';

/** Bases are multiples of it, and so are sizes. */
const step = 65_536;

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
  readonly #ranges = new Map<InstanceId, IdRange>();
  readonly #lock = new KeyedLock();
  #mine: number[] = [];

  constructor(store: Store, blocks: IdBlocks) {
    this.#store = store;
    this.#blocks = blocks;
  }

  /** Claims the blocks again in which there are ranges. Ranges in blocks that are lost are forgotten. */
  async open(): Promise<void> {
    const entries = await this.#store.range<{ base: number; size?: number }>('id-range/');
    const wanted = new Set(entries.map(({ value }) => this.#blockOf(value.base)));
    this.#mine = await this.#blocks.claimIdBlocks([...wanted]);
    for (const { key: name, value } of entries) {
      if (this.#mine.includes(this.#blockOf(value.base)))
        this.#ranges.set(name.slice('id-range/'.length), { size: step, ...value });
    }
  }

  async claim(id: InstanceId, size: number): Promise<IdRange> {
    return this.#lock.run('claim', () => this.#claim(id, size));
  }

  async release(id: InstanceId): Promise<void> {
    await this.#store.transact({ writes: [{ delete: key(id) }] });
    this.#ranges.delete(id);
  }

  async #claim(id: InstanceId, size: number): Promise<IdRange> {
    const known = this.#ranges.get(id);
    if (known?.size === size) return known;
    const range = { base: this.#freeBase(size) ?? (await this.#moreBase()), size };
    await this.#store.transact({ writes: [{ put: key(id), value: range }] });
    this.#ranges.set(id, range);
    return range;
  }

  #freeBase(size: number): number | undefined {
    const taken = new Set([...this.#ranges.values()].flatMap(stepsOf));
    for (const block of this.#mine) {
      const first = block * this.#blocks.idsPerBlock;
      for (let base = first; base + size <= first + this.#blocks.idsPerBlock; base += step) {
        if (stepsOf({ base, size }).every((each) => !taken.has(each))) return base;
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

const stepsOf = ({ base, size }: IdRange): number[] =>
  Array.from({ length: size / step }, (_, index) => base + index * step);
