import assert from 'node:assert/strict';
import { test } from 'vitest';
import { decodeExit } from './exits.ts';

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

test('how an init ended that is nobody’s child here may stay unknown', () => {
  assert.equal(decodeExit({ code: null, signal: null }).reason, 'unknown');
});
