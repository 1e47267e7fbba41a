import { join } from 'node:path';
import { runInLeaf } from '../process/leaf.ts';
import { GroupFolders } from './group-folders.ts';
import { killGroup } from './v2-group.ts';

/** A v2 leaf for each operation: whatever program it starts, and whatever that starts, is in there. */
export class OperationLeaves {
  readonly #root: string;
  readonly #groups: GroupFolders;

  /** `root`: the daemon's own v2 group. */
  constructor(root: string, groups = new GroupFolders()) {
    this.#root = root;
    this.#groups = groups;
  }

  /** The leaf of programs that belong to no operation. What an earlier daemon has left in it is killed. */
  async makeOwn(): Promise<string> {
    const leaf = join(this.#root, 'daemon');
    await killGroup(leaf);
    await this.#groups.make(leaf);
    return leaf;
  }

  async make(operationId: string): Promise<string> {
    const leaf = join(this.#root, `op-${operationId.replaceAll('-', '').slice(0, 12)}`);
    await this.#groups.make(leaf);
    return leaf;
  }

  /** Runs `work` so that its programs are born in the leaf. */
  enter<T>(leaf: string, work: () => Promise<T>): Promise<T> {
    return runInLeaf(leaf, work);
  }

  /** Kills what is left in the leaf and takes it away. Not there: succeeds. */
  async empty(leaf: string): Promise<void> {
    await killGroup(leaf);
    await this.#groups.remove(leaf);
  }
}
