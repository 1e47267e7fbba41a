import { expect, test } from 'vitest';
import { FakeDaemon } from '#client/fake-daemon.ts';
import { fakeProfile } from '#client/fake-documents.ts';
import type { Profile } from '#contract/contract.ts';
import { runLine } from '../fake-surroundings.ts';

/** A daemon that holds one profile and takes changes of it. */
async function holding(profile: Profile) {
  const daemon = await FakeDaemon.start();
  daemon
    .on('GET /1.0/profiles/small', { metadata: profile, etag: '"1"' })
    .on('PUT /1.0/profiles/small', { metadata: {} });
  const put = () =>
    JSON.parse(daemon.requests.findLast(({ method }) => method === 'PUT')?.body ?? 'null') as Profile;
  return { daemon, put };
}

const config = { 'limits.cpu': '2', 'user.a': '1' };
const devices = { eth0: { type: 'nic', network: 'wadahbr0' } };
const small = () => fakeProfile({ name: 'small', description: 'Small', config, devices });

test('profile set keeps everything else, and refuses to overwrite what someone else changed', async () => {
  const { daemon, put } = await holding(small());
  await using _ = daemon;
  expect(await runLine(daemon, ['profile', 'set', 'small', 'limits.cpu=1', 'user.b=2'])).toEqual({
    status: 0,
    out: '',
    err: '',
  });
  expect(put()).toEqual({
    description: 'Small',
    config: { 'limits.cpu': '1', 'user.a': '1', 'user.b': '2' },
    devices,
  });
  expect(daemon.requests.at(-1)?.headers['if-match']).toBe('"1"');
});

test('profile set takes a key and its value apart as well', async () => {
  const { daemon, put } = await holding(small());
  await using _ = daemon;
  await runLine(daemon, ['profile', 'set', 'small', 'user.note', 'a = b']);
  expect(put().config).toEqual({ ...config, 'user.note': 'a = b' });
  expect((await runLine(daemon, ['profile', 'set', 'small', 'user.note'])).status).toBe(2);
});

test('profile unset removes keys, and tells when there is nothing to remove', async () => {
  const { daemon, put } = await holding(small());
  await using _ = daemon;
  await runLine(daemon, ['profile', 'unset', 'small', 'user.a']);
  expect(put().config).toEqual({ 'limits.cpu': '2' });
  expect(await runLine(daemon, ['profile', 'unset', 'small', 'user.c'])).toMatchObject({
    status: 3,
    err: 'Error: "user.c" is not set\nHint: See what is: wadah profile show small\n',
  });
});

test('profile get prints a value, and an empty line for what is not set', async () => {
  const { daemon } = await holding(small());
  await using _ = daemon;
  const get = async (key: string) => (await runLine(daemon, ['profile', 'get', 'small', key])).out;
  expect(await get('limits.cpu')).toBe('2\n');
  expect(await get('limits.memory')).toBe('\n');
});

test('a profile that is not there is said to be missing', async () => {
  await using daemon = await FakeDaemon.start();
  expect((await runLine(daemon, ['profile', 'set', 'nobody', 'user.a=1'])).status).toBe(3);
});

test('keys that a profile has are completed, with their values', async () => {
  const { daemon } = await holding(small());
  await using _ = daemon;
  const { out } = await runLine(daemon, ['complete', '--', 'profile', 'unset', 'small', 'l']);
  expect(out).toMatch(/^limits\.cpu\t2$/m);
  expect(out).not.toContain('user.a');
});
