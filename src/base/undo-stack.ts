type Undo = () => unknown;

/**
 * Remembers how to take back what was done so far.
 *
 *     await using undo = new UndoStack();
 *     await makeLink(); undo.push(() => removeLink());
 *     ...
 *     undo.keep(); // everything worked: take nothing back
 */
export class UndoStack implements AsyncDisposable {
  readonly #undos: Undo[] = [];

  push(undo: Undo): void {
    this.#undos.push(undo);
  }

  keep(): void {
    this.#undos.length = 0;
  }

  /** Takes everything back, the newest first, even when one of them fails. Throws the first failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let undo = this.#undos.pop(); undo; undo = this.#undos.pop()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
