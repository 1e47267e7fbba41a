import { chmod, chown, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Fault } from '#model/fault.ts';

/** The kernel's limit for the path of a unix socket. */
const pathBytes = 107;
/** Members of this group may use the socket beside root. */
const groupName = 'wadah';

/**
 * Listens on a unix socket at `path`, open to root and the group `wadah` (where there is one). It appears there in
 * one step, with its permissions, in the place of one that a dead daemon left. Throws `invalid` for too long a path.
 */
export async function listenOnSocket(app: FastifyInstance, path: string): Promise<void> {
  const unready = join(dirname(path), `.${process.pid}`);
  if (Buffer.byteLength(path) > pathBytes || Buffer.byteLength(unready) > pathBytes) {
    throw new Fault('invalid', `The path of the socket is too long: ${path}`, {
      hint: `The kernel takes ${pathBytes} bytes. Set WADAH_SOCKET, or WADAH_DIR to a shorter folder.`,
    });
  }
  await rm(unready, { force: true });
  await app.listen({ path: unready });
  const group = await findGroup();
  if (group !== undefined) await chown(unready, process.getuid?.() ?? 0, group);
  await chmod(unready, 0o660);
  await rename(unready, path);
}

async function findGroup(): Promise<number | undefined> {
  const groups = await readFile('/etc/group', 'utf8');
  const line = groups.split('\n').find((entry) => entry.startsWith(`${groupName}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}
