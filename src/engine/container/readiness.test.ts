import assert from 'node:assert/strict';
import { test } from 'vitest';
import { parseNotice } from './readiness.ts';

test('of what an init says, only being ready and what it goes down for matter', () => {
  assert.equal(parseNotice('READY=1\nSTATUS=Ready.'), 'ready');
  assert.equal(parseNotice('STATUS=Activating special unit reboot.target...'), 'rebooting');
  assert.equal(parseNotice('STATUS=Activating special unit poweroff.target...'), 'powering-off');
  assert.equal(parseNotice('STATUS=Activating special unit halt.target...'), 'powering-off');
  assert.equal(parseNotice('STATUS=Starting READY=1'), undefined);
  assert.equal(parseNotice('X_READY=1'), undefined);
  assert.equal(parseNotice(''), undefined);
});
