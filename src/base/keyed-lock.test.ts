import { expect, test } from 'vitest';
import { KeyedLock } from './keyed-lock.ts';

/** Work that notes when it begins and ends, and goes on until it is told to end. */
function makeWork(diary: string[], name: string): { work: () => Promise<string>; end: () => void } {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async (): Promise<string> => {
    diary.push(`${name} begins`);
    await ended;
    diary.push(`${name} ends`);
    return name;
  };
  return { work, end };
}

test('work on one key goes on one after the other, in the order in which it was asked for', async () => {
  const lock = new KeyedLock();
  const diary: string[] = [];
  const works = ['first', 'second', 'third'].map((name) => makeWork(diary, name));
  const all = works.map(({ work }) => lock.run('key', work));
  for (const { end } of works.toReversed()) end();
  expect(await Promise.all(all)).toEqual(['first', 'second', 'third']);
  expect(diary).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test('work on different keys goes on at once', async () => {
  const lock = new KeyedLock();
  const diary: string[] = [];
  const slow = makeWork(diary, 'slow');
  const quick = makeWork(diary, 'quick');
  const held = lock.run('a', slow.work);
  quick.end();
  await lock.run('b', quick.work);
  slow.end();
  await held;
  expect(diary.indexOf('quick ends')).toBeLessThan(diary.indexOf('slow ends'));
});

test('work that fails rejects for its caller alone, and the next one runs', async () => {
  const lock = new KeyedLock();
  const failing = lock.run('key', () => Promise.reject(new Error('no')));
  const next = lock.run('key', async () => 'done');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('done');
});

test('a key is held from the asking to the end of the last work', async () => {
  const lock = new KeyedLock();
  const { work, end } = makeWork([], 'work');
  const first = lock.run('key', async () => {});
  const last = lock.run('key', work);
  await first;
  expect(lock.isHeld('key')).toBe(true);
  expect(lock.isHeld('other')).toBe(false);
  end();
  await last;
  expect(lock.isHeld('key')).toBe(false);
});
