import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastWords } from './last-words.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wadah-words-'));
  mkdirSync(join(folder, 'log'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const log = (text: string) => writeFileSync(join(folder, 'log/daemon.log'), text);
const record = (msg: string) => `${JSON.stringify({ level: 30, msg })}\n`;

test('why a daemon did not start is told with its hint', () => {
  log(`${record('ready')}Error: No nft here\nHint: apt-get install nftables\n`);
  expect(lastWords(folder)).toBe('Error: No nft here Hint: apt-get install nftables');
});

test('of a daemon that ended it is the last message', () => {
  log(`Error: earlier\n${record('ready')}${record('ending; instances go on running')}`);
  expect(lastWords(folder)).toBe('ending; instances go on running');
});

test('of a long log only the end is read', () => {
  log(`${record('x'.repeat(100_000))}${record('ready')}`);
  expect(lastWords(folder)).toBe('ready');
  log(record('x'.repeat(100_000)));
  expect(lastWords(folder)).toBeUndefined();
  log('{"level":30,"ms');
  expect(lastWords(folder)).toBeUndefined();
});

test('where there is no log, or nothing in it, there are no words', () => {
  expect(lastWords(folder)).toBeUndefined();
  log('');
  expect(lastWords(folder)).toBeUndefined();
});
