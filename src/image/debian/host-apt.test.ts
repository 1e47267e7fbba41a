import assert from 'node:assert/strict';
import { test } from 'vitest';
import { parseMirrors, parseOptions } from './host-apt.ts';

test("Debian's mirrors of this host are taken, with the keys that are given for them", () => {
  const targets = [
    'Node Source|Node Source|https://deb.nodesource.com/node_20.x/|/usr/share/keyrings/nodesource.gpg',
    'Debian|Debian|http://mirror.example/debian/|/etc/apt/keyrings/mirror.gpg',
    'Debian|Debian|http://deb.debian.org/debian/|$(SIGNED_BY)',
    'Debian|Debian-Security|http://mirror.example/security/|$(SIGNED_BY)',
  ].join('\n');
  assert.deepEqual(parseMirrors(targets), {
    mirror: { url: 'http://mirror.example/debian', signedBy: '/etc/apt/keyrings/mirror.gpg' },
    securityMirror: { url: 'http://mirror.example/security', signedBy: undefined },
  });
});

test('media, backports and other distributions are no mirrors of Debian', () => {
  const targets = [
    'Debian|Debian|cdrom://[Debian]/|$(SIGNED_BY)',
    'Debian Backports|Debian Backports|http://deb.debian.org/debian/|$(SIGNED_BY)',
    'Ubuntu|Ubuntu|http://archive.ubuntu.com/ubuntu/|$(SIGNED_BY)',
    '',
  ].join('\n');
  assert.deepEqual(parseMirrors(targets), {});
});

test('of apt’s options, those count that say how to reach a mirror and how old it may be', () => {
  const dump = [
    'APT::Install-Recommends "1";',
    'Acquire "";',
    'Acquire::http "";',
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::https::Verify-Peer "true";',
    'Acquire::Check-Valid-Until "false";',
    'Acquire::Languages "none";',
    'Acquire::IndexTargets::deb::Packages::Optional "0";',
    'DPkg::Post-Invoke:: "rm -rf /tmp/x";',
  ].join('\n');
  assert.deepEqual(parseOptions(dump), [
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::https::Verify-Peer "true";',
    'Acquire::Check-Valid-Until "false";',
  ]);
});
