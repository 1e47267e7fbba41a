import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { Fault } from '#model/fault.ts';
import type { Claim } from './claim-file.ts';
import { ClaimFile } from './claim-file.ts';

/** Host ids of one block: enough for 1,024 containers of 65,536 ids each. */
export const idsPerBlock = 2 ** 26;
const firstBlock = 1;
const lastBlock = 62; // the last id must stay below 2^32 - 1

/** Host ids of a block, from `first` to `last`. */
export const blockSpan = (block: number): { first: number; last: number } => ({
  first: block * idsPerBlock,
  last: (block + 1) * idsPerBlock - 1,
});

/** `undefined` when all are taken. */
export function firstFreeBlock(taken: ReadonlySet<number>): number | undefined {
  for (let block = firstBlock; block <= lastBlock; block += 1) {
    if (!taken.has(block)) return block;
  }
  return undefined;
}

/** What one daemon holds among all daemons on this host: its mark, its host ids, its network. */
export class HostClaims {
  readonly mark: string;
  readonly #directory: string;
  readonly #file: ClaimFile;

  private constructor(directory: string, mark: string, file: ClaimFile) {
    this.#directory = directory;
    this.mark = mark;
    this.#file = file;
  }

  /** Claims the mark of a state directory, the same one every time unless another directory has it by chance. */
  static async open(stateDirectory: string, file = new ClaimFile()): Promise<HostClaims> {
    mkdirSync(stateDirectory, { recursive: true, mode: 0o711 });
    const directory = realpathSync(stateDirectory);
    const mark = await file.edit((claims) => {
      const mine = claims.find((claim) => claim.directory === directory);
      if (mine) return mine.mark;
      const fresh = freeMark(directory, new Set(claims.map((claim) => claim.mark)));
      claims.push({ directory, mark: fresh, idBlocks: [] });
      return fresh;
    });
    return new HostClaims(directory, mark, file);
  }

  /** Claims these blocks of ids unless another daemon has them. Returns all that this daemon holds. */
  async claimIdBlocks(wanted: readonly number[]): Promise<number[]> {
    return this.#edit((mine, others) => {
      const taken = new Set(others.flatMap((claim) => claim.idBlocks));
      const free = wanted.filter((block) => !taken.has(block));
      mine.idBlocks = [...new Set([...mine.idBlocks, ...free])];
      return mine.idBlocks;
    });
  }

  /** Claims one more block. Throws `insufficient` when there is none. */
  async claimFreeIdBlock(): Promise<number> {
    return this.#edit((mine, others) => {
      const taken = new Set([...mine.idBlocks, ...others.flatMap((claim) => claim.idBlocks)]);
      const block = firstFreeBlock(taken);
      if (block === undefined) throw new Fault('insufficient', 'All host ids for containers are taken');
      mine.idBlocks.push(block);
      return block;
    });
  }

  /** Claims the network that `choose` picks, knowing those of the other daemons. */
  async claimSubnet(choose: (others: readonly string[]) => Promise<string>): Promise<string> {
    return this.#edit(async (mine, others) => {
      mine.subnet = await choose(others.flatMap((claim) => claim.subnet ?? []));
      return mine.subnet;
    });
  }

  /** Gives everything back. */
  async release(): Promise<void> {
    await this.#file.edit((claims) => {
      const index = claims.findIndex((claim) => claim.directory === this.#directory);
      if (index >= 0) claims.splice(index, 1);
    });
  }

  async #edit<T>(edit: (mine: Claim, others: readonly Claim[]) => T | Promise<T>): Promise<T> {
    return this.#file.edit((claims) => {
      let mine = claims.find((claim) => claim.directory === this.#directory);
      if (!mine) {
        mine = { directory: this.#directory, mark: this.mark, idBlocks: [] };
        claims.push(mine);
      }
      return edit(
        mine,
        claims.filter((claim) => claim !== mine),
      );
    });
  }
}

function freeMark(directory: string, taken: ReadonlySet<string>): string {
  const start = createHash('sha256').update(directory).digest().readUInt16BE(0);
  for (let step = 0; step < 2 ** 16; step += 1) {
    const mark = ((start + step) % 2 ** 16).toString(16).padStart(4, '0');
    if (!taken.has(mark)) return mark;
  }
  throw new Fault('insufficient', 'There are too many state directories on this host');
}
