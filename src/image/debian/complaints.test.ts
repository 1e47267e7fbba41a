import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Fault } from '#model/fault.ts';
import { Complaints } from './complaints.ts';

const failure = new Fault('host', 'Cannot build: unshare failed: E: mmdebstrap failed to run', {
  cause: 'all that it said',
});

function explain(...lines: string[]): Fault {
  const complaints = new Complaints();
  for (const line of lines) complaints.read(line);
  return complaints.explain(failure, 'build image "debian/12"', 'http://mirror.example/debian');
}

test('a mirror that is not reached is named with the reason', () => {
  const fault = explain(
    'I: running apt-get update...',
    "E: Failed to fetch http://mirror.example/InRelease  Temporary failure resolving 'mirror.example'",
    'E: Some index files failed to download.',
    'E: mmdebstrap failed to run',
  );
  assert.equal(fault.code, 'unavailable');
  assert.equal(
    fault.message,
    'Cannot build image "debian/12": Failed to fetch http://mirror.example/InRelease Temporary failure resolving \'mirror.example\'',
  );
  assert.match(fault.hint ?? '', /reaches http:\/\/mirror\.example\/debian/);
  assert.equal(fault.cause, 'all that it said');
});

test('a full disk is told as such, whoever ran into it', () => {
  const fault = explain(
    'tar: ./usr/bin/perl: Wrote only 512 of 10240 bytes',
    'tar: ./x: Cannot write: No space left on device',
    'E: tar --extract failed: 512',
  );
  assert.equal(fault.code, 'insufficient');
  assert.equal(fault.message, 'Cannot build image "debian/12": the disk is full');
});

test('a package that does not install is named', () => {
  const fault = explain('dpkg: error: cannot unpack cron', 'E: mmdebstrap failed to run');
  assert.deepEqual(
    [fault.code, fault.message],
    ['host', 'Cannot build image "debian/12": cannot unpack cron'],
  );
});

test('a program that says nothing keeps the words of who ran it', () => {
  assert.equal(explain('I: chroot architecture amd64'), failure);
});
