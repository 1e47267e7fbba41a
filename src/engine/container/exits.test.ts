import assert from 'node:assert/strict';
import { test } from 'vitest';
import { decodeExit, unknownExit } from './exits.ts';

test('the signal that the kernel gives to a pid namespace tells a reboot from a power-off', () => {
  assert.equal(decodeExit({ code: null, signal: 'SIGHUP' }).reason, 'reboot');
  assert.equal(decodeExit({ code: null, signal: 'SIGINT' }).reason, 'power-off');
});

test('an init that returns has powered off, one that fails or is killed has crashed', () => {
  assert.equal(decodeExit({ code: 0, signal: null }).reason, 'power-off');
  const failed = decodeExit({ code: 3, signal: null });
  assert.equal(failed.reason, 'crashed');
  assert.match(failed.detail, /status 3/);
  const killed = decodeExit({ code: null, signal: 'SIGKILL' });
  assert.equal(killed.reason, 'crashed');
  assert.match(killed.detail, /SIGKILL/);
});

test('for an init that is nobody’s child, what it said last decides', () => {
  assert.equal(unknownExit('rebooting').reason, 'reboot');
  assert.equal(unknownExit('powering-off').reason, 'power-off');
  assert.equal(unknownExit('ready').reason, 'unknown');
  assert.equal(decodeExit({ code: null, signal: null }).reason, 'unknown');
});
