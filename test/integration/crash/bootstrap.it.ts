import assert from 'node:assert/strict';
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { audit } from '../../harness/audit.ts';
import { eventually } from '../../harness/host.ts';
import type { TestHost } from '../../harness/host.ts';
import { makeHostWithImages } from '../../harness/images.ts';
import { StandIns } from '../../harness/stand-ins.ts';

let host: TestHost;
let standIns: StandIns;

beforeAll(async () => {
  host = await makeHostWithImages('busybox');
  standIns = await StandIns.open(host);
});
afterEach(() => standIns.restore());
afterAll(async () => {
  await standIns.close();
  await host.remove();
});

const build = ['image', 'build', 'debian/12'];

test.each([
  ['fails', { says: 'E: run_chroot failed: No space left on device', status: 25 }, /No space left on device/],
  ['is killed', 'is killed', /SIGKILL/],
] as const)(
  'an image whose mmdebstrap %s is refused with words and leaves nothing',
  async (_, how, words) => {
    await standIns.replace('mmdebstrap', how);
    const { exitCode, stderr } = await host.wadah(build);
    assert.notEqual(exitCode, 0);
    assert.match(stderr, words);
    await audit(host);
  },
);

test('a build whose mmdebstrap hangs is cancelled, and leaves nothing', async () => {
  await standIns.replace('mmdebstrap', 'hangs');
  const begun = host.wadah(build);
  const running = await eventually(async () => {
    const { running: operations = [] } = await host.client.read('/1.0/operations', {
      query: { recursion: 1 },
    });
    const [operation] = operations;
    assert.ok(typeof operation === 'object');
    return operation;
  });
  await host.must('operation', 'cancel', running.id);
  const { exitCode, stderr } = await begun;
  assert.notEqual(exitCode, 0);
  assert.match(stderr, /cancel/i);
  await audit(host);
});
