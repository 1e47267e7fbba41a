import { expect, test } from 'vitest';
import { UndoStack } from './undo-stack.ts';

/** Does three things and, when `fail` is set, fails before they are to be kept. */
async function act(undone: string[], fail: boolean, broken: string[] = []): Promise<void> {
  await using undo = new UndoStack();
  for (const name of ['first', 'second', 'third']) {
    undo.push(async () => {
      undone.push(name);
      if (broken.includes(name)) throw new Error(`${name} stays`);
    });
  }
  if (fail) throw new Error('failed');
  undo.keep();
}

test('nothing is undone once it is kept', async () => {
  const undone: string[] = [];
  await act(undone, false);
  expect(undone).toEqual([]);
});

test('a failure undoes everything, the newest first, and is what the caller gets', async () => {
  const undone: string[] = [];
  await expect(act(undone, true)).rejects.toThrow('failed');
  expect(undone).toEqual(['third', 'second', 'first']);
});

test('an undo that fails does not keep the others from being undone', async () => {
  const undone: string[] = [];
  await expect(act(undone, true, ['third', 'second'])).rejects.toMatchObject({
    suppressed: expect.objectContaining({ message: 'failed' }),
    error: expect.objectContaining({ message: 'third stays' }),
  });
  expect(undone).toEqual(['third', 'second', 'first']);
});
