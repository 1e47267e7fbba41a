import { readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeApi } from './testing/fake-services.ts';
import { UnixClient } from './testing/unix-client.ts';

test('the socket takes the place of a dead one, is closed to others, and goes with the server', async () => {
  await using client = await UnixClient.inTemporaryFolder();
  await symlink('/nonexistent', client.socketPath);
  const { api } = fakeApi();
  await api.listen(client.socketPath);
  const { mode } = await stat(client.socketPath);
  expect((mode & 0o777).toString(8)).toBe('660');
  expect(await readdir(client.folder)).toEqual(['unix.socket']);
  expect(await client.operation('GET', '/1.0/instances')).toEqual([]);
  await api.close();
  expect(await readdir(client.folder)).toEqual([]);
});

test('a path that the kernel cannot take is refused with what to do', async () => {
  await using client = await UnixClient.inTemporaryFolder();
  const { api } = fakeApi();
  const refusal = { code: 'invalid', hint: expect.stringContaining('WADAH_SOCKET') };
  await expect(api.listen(join(client.folder, 'x'.repeat(100)))).rejects.toMatchObject(refusal);
  await api.close();
});
