/** Gives each operation a cgroup v2 leaf, in which all programs that it runs are born. */
export interface Leaves {
  /** The leaf of an operation, made if it is not there; `undefined` where the host has none to give. */
  make(operationId: string): Promise<string | undefined>;
  /** Kills what is in the leaf and takes it away. Not there: succeeds. */
  empty(leaf: string): Promise<void>;
  /** Runs `work` so that its programs are born in the leaf. */
  enter<T>(leaf: string, work: () => Promise<T>): Promise<T>;
}

/** The leaf of one operation: made for the first step, taken away when nothing of it may run any more. */
export class OperationLeaf {
  readonly #leaves: Leaves;
  readonly #operationId: string;
  #path: string | undefined;

  constructor(leaves: Leaves, operationId: string) {
    this.#leaves = leaves;
    this.#operationId = operationId;
  }

  async run(work: () => Promise<void>): Promise<void> {
    this.#path ??= await this.#leaves.make(this.#operationId);
    return this.#path === undefined ? work() : this.#leaves.enter(this.#path, work);
  }

  /** Ends every program that a step has left running. */
  async empty(): Promise<void> {
    const path = this.#path;
    if (path === undefined) return;
    this.#path = undefined;
    await this.#leaves.empty(path);
  }

  /** As `empty`, for programs that an earlier daemon left. */
  async emptyAfterCrash(): Promise<void> {
    this.#path = await this.#leaves.make(this.#operationId);
    await this.empty();
  }
}
