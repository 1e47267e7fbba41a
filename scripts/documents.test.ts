import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '');

test('every link of a page to a file of the repository leads somewhere', () => {
  expect(pages.length).toBeGreaterThan(10);
  const broken = pages.flatMap((page) =>
    Array.from(read(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g), ([, target = '']) => target)
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every dependency has its reason', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  const reasons = read('docs/decisions/0001-dependencies.md');
  const names = Object.keys({ ...dependencies, ...devDependencies });
  expect(names.filter((name) => !reasons.includes(name))).toEqual([]);
});

test('every dependency has an exact version', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  const versions = Object.values({ ...dependencies, ...devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
});

test('every promise of the specification names files that hold it', () => {
  const promises = read('SPECIFICATION.md')
    .split('\n')
    .filter((line) => /^\| \d/.test(line));
  const files = (line: string) =>
    Array.from(line.matchAll(/`((?:src|test|scripts)\/[^`]+)`/g), ([, file = '']) => file);
  expect(promises.length).toBeGreaterThan(20);
  expect(promises.filter((line) => files(line).length === 0)).toEqual([]);
  expect(promises.flatMap(files).filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
