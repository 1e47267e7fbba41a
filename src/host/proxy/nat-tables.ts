import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Batches } from '#base/batches.ts';
import type { InstanceId } from '#model/instance.ts';
import type { Programs } from '../process/programs.ts';
import { renderNoNat } from './nat-rules.ts';

/** A table of nftables for each instance that has one; those that do share runs of `nft`. */
export class NatTables {
  readonly #mark: string;
  /** A file by each id whose table may be there. */
  readonly #folder: string;
  readonly #scripts: Batches<string>;

  constructor(programs: Programs, mark: string, folder: string) {
    this.#mark = mark;
    this.#folder = folder;
    this.#scripts = new Batches(async (scripts) => {
      await programs.run(['nft', '-f', '-'], { input: scripts.join(''), purpose: 'translate addresses' });
    });
  }

  nameOf(id: InstanceId): string {
    return `wadah_${this.#mark}_${id}`;
  }

  /** `render`: what the table is to hold, given its name. */
  async set(id: InstanceId, render: (table: string) => string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(this.#file(id), '');
    await this.#scripts.add(render(this.nameOf(id)));
  }

  /** None there: succeeds, without a program. */
  async remove(id: InstanceId): Promise<void> {
    if (!existsSync(this.#file(id))) return;
    await this.#scripts.add(renderNoNat(this.nameOf(id)));
    await rm(this.#file(id), { force: true });
  }

  async removeAll(): Promise<void> {
    const ids = existsSync(this.#folder) ? await readdir(this.#folder) : [];
    for (const id of ids) await this.remove(id);
  }

  readonly #file = (id: InstanceId): string => join(this.#folder, id);
}
