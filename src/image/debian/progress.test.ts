import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { BootstrapProgress } from './progress.ts';

const packages = ['base-files', 'bash'];
const update = [
  'I: running apt-get update...',
  'Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]',
];
const download = [
  'I: downloading packages with apt...',
  '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
  ...packages.map((name, index) => `Get:${index + 1} http://deb.debian.org/debian bookworm/main ${name}`),
];
const extract = ['I: extracting archives...'];
const install = (begins: string): string[] => [
  begins,
  ...packages.map((name) => `Unpacking ${name} (1) ...`),
  ...packages.map((name) => `Setting up ${name} (1) ...`),
];
const essential = install('I: installing essential packages...');
const end = [
  "I: running --customize-hook in shell: sh -c 'set -eu",
  'I: cleaning package lists and apt cache...',
];

const read = (lines: readonly string[]) => {
  const progress = new BootstrapProgress();
  return lines.map((line) => progress.read(line)).filter((news) => news !== undefined);
};

test('each package that dpkg speaks of is a step ahead within its phase', () => {
  const told = read([...update, ...download, ...extract, ...essential]);
  assert.deepEqual(told.at(0), { stage: 'Reading package lists', percent: 0 });
  const installing = told.filter(({ stage }) => stage === 'Installing the base system');
  assert.deepEqual(
    installing.map(({ percent }) => percent),
    [25, 31, 37, 43, 50],
  );
});

test('lists that are fetched are not taken for packages', () => {
  const told = read([...update, ...download]);
  assert.deepEqual(
    told.filter(({ stage }) => stage === 'Downloading packages').map(({ percent }) => percent),
    [8, 10, 13],
  );
});

test('a phase that says nothing of packages stays where it began', () => {
  assert.deepEqual(read([...update, ...end]).at(-1), { stage: 'Tidying up', percent: 99 });
});

test('nothing is told before the first phase, and nothing twice', () => {
  assert.deepEqual(read(['I: chroot architecture amd64 is equal to the host', 'Get:1 something']), []);
  assert.equal(read([...extract, 'silence', 'silence']).length, 1);
});

test('whatever is printed, it never goes back and never leaves 0 to 100', () => {
  const line = fc.oneof(
    fc.constantFrom(...update, ...download, ...extract, ...essential, ...end),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const percents = read(lines).map(({ percent = -1 }) => percent);
      assert.deepEqual(
        percents,
        percents.toSorted((a, b) => a - b),
      );
      assert.ok(percents.every((percent) => percent >= 0 && percent <= 100));
    }),
  );
});
