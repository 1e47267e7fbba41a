import assert from 'node:assert/strict';
import { test } from 'vitest';
import { raiseSysctls } from './raise-sysctls.ts';

class FakeSysctls {
  readonly values = new Map<string, string>();
  isReadOnly = false;

  read(key: string): string | undefined {
    return this.values.get(key);
  }
  write(key: string, value: string): void {
    if (this.isReadOnly) throw new Error('EROFS');
    this.values.set(key, value);
  }
  list(): string[] {
    return [];
  }
}

test('limits are raised once, never lowered, and what was changed is told', () => {
  const sysctls = new FakeSysctls();
  sysctls.values.set('fs/inotify/max_user_instances', '128');
  sysctls.values.set('fs/inotify/max_user_watches', '99999999');
  assert.deepEqual(raiseSysctls(sysctls), {
    raised: ['fs.inotify.max_user_instances: 128 → 65536'],
    refused: [],
  });
  assert.equal(sysctls.values.get('fs/inotify/max_user_watches'), '99999999');
  assert.deepEqual(raiseSysctls(sysctls), { raised: [], refused: [] });
});

test('what the kernel refuses is told and is no failure', () => {
  const sysctls = new FakeSysctls();
  sysctls.values.set('kernel/keys/maxkeys', '200');
  sysctls.isReadOnly = true;
  assert.deepEqual(raiseSysctls(sysctls), { raised: [], refused: ['kernel.keys.maxkeys: 200 → 20000'] });
});
