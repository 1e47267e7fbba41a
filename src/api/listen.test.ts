import { readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { OperationView } from '#model/operation.ts';
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
  expect(await client.request('GET', '/1.0/instances')).toMatchObject({ metadata: [] });
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

test('those who wait are answered before the server is gone', async () => {
  await using client = await UnixClient.inTemporaryFolder();
  const { api, services } = fakeApi();
  await api.listen(client.socketPath);
  const isAsked = new Promise((resolve) => {
    services.operations.get = () => {
      resolve(undefined);
      const view = { state: 'running' } as OperationView;
      return { id: 'id', view: () => view, finished: new Promise(() => {}) };
    };
  });
  const answer = client.request('GET', '/1.0/operations/id/wait');
  await isAsked;
  await api.close();
  expect(await answer).toMatchObject({ type: 'error', wadah: { code: 'unavailable' } });
});
