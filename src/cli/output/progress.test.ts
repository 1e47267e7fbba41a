import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeSurroundings } from '../fake-surroundings.ts';
import { Progress } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const loud = { isQuiet: false, isVerbose: false };

const erase = '\r\u001b[K';

/** What a terminal shows after all that was written: only erasing and plain text occur. */
const screen = (written: string): string => written.split(erase).at(-1) ?? '';

async function make(isTerminal: boolean, options = loud, columns = 80) {
  const surroundings = new FakeSurroundings([], { isTerminal, columns });
  const progress = new Progress(surroundings.stderr, options);
  const written = async () => {
    await vi.advanceTimersByTimeAsync(0);
    return surroundings.err;
  };
  return { progress, written };
}

test('progress says what is done, and leaves nothing behind', async () => {
  const { progress, written } = await make(true);
  progress.update('a', 'Building debian/12: Unpacking 42%');
  await vi.advanceTimersByTimeAsync(1000);
  expect(screen(await written())).toMatch(/^. Building debian\/12: Unpacking 42%$/);
  progress.done('a');
  expect(screen(await written())).toBe('');
});

test('what is over at once shows nothing at all', async () => {
  const { progress, written } = await make(true);
  progress.update('a', 'Starting web1');
  await vi.advanceTimersByTimeAsync(200);
  progress.done('a');
  await vi.advanceTimersByTimeAsync(1000);
  expect(await written()).toBe('');
});

test('several jobs share the line', async () => {
  const { progress, written } = await make(true);
  progress.update('a', 'Starting web1');
  progress.update('b', 'Starting web2');
  await vi.advanceTimersByTimeAsync(1000);
  expect(screen(await written())).toMatch(/^. Starting web1 \(and 1 more\)$/);
  progress.done('a');
  await vi.advanceTimersByTimeAsync(200);
  expect(screen(await written())).toMatch(/^. Starting web2$/);
  progress.done('b');
});

test('the line fits the terminal', async () => {
  const { progress, written } = await make(true, loud, 20);
  progress.update('a', 'A very long story of what is being done');
  await vi.advanceTimersByTimeAsync(400);
  expect(screen(await written())).toHaveLength(19);
  progress.done('a');
});

test('without a terminal nothing is shown, or each text once as a line when asked', async () => {
  const silent = await make(false);
  silent.progress.update('a', 'Unpacking');
  await vi.advanceTimersByTimeAsync(1000);
  expect(silent.progress.isShown).toBe(false);
  expect(await silent.written()).toBe('');

  const listed = await make(false, { isQuiet: false, isVerbose: true });
  listed.progress.update('a', 'Unpacking');
  listed.progress.update('a', 'Unpacking');
  listed.progress.update('a', 'Configuring');
  expect(await listed.written()).toBe('Unpacking\nConfiguring\n');
});

test('lines tell percents in tenths', async () => {
  const { progress, written } = await make(false, { isQuiet: false, isVerbose: true });
  for (let percent = 0; percent <= 100; percent += 1) progress.update('a', `Unpacking ${percent}% (7MiB/s)`);
  expect((await written()).trim().split('\n')).toEqual(
    ['0', '10', '20', '30', '40', '50', '60', '70', '80', '90', '100'].map((n) => `Unpacking ${n}% (7MiB/s)`),
  );
});

test('who wants quiet gets no line', async () => {
  const { progress, written } = await make(true, { isQuiet: true, isVerbose: false });
  progress.update('a', 'Unpacking');
  await vi.advanceTimersByTimeAsync(1000);
  expect(await written()).toBe('');
});
