import assert from 'node:assert/strict';
import { test } from 'vitest';
import { packCpio } from './cpio.ts';

test('an archive has a header of 110 digits before each name, and all is aligned to four bytes', () => {
  const archive = packCpio([
    { path: 'bin', folder: true },
    { path: 'bin/sh', link: 'busybox' },
    { path: 'init', content: Buffer.from('hello'), mode: 0o755 },
  ]).toString('latin1');
  assert.equal(archive.length % 4, 0);
  const names = archive.split('070701').slice(1);
  assert.deepEqual(
    names.map((member) => member.slice(104).replace(/\0.*/s, '')),
    ['bin', 'bin/sh', 'init', 'TRAILER!!!'],
  );
  const [folder = '', link = '', file = ''] = names;
  assert.equal(Number.parseInt(folder.slice(8, 16), 16), 0o040755);
  assert.match(link, /busybox\0*$/);
  assert.equal(Number.parseInt(file.slice(8, 16), 16), 0o100755);
  assert.equal(Number.parseInt(file.slice(48, 56), 16), 5);
  assert.match(file, /hello\0*$/);
});
