import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '#host/sys/libc.ts';

export interface Identity {
  nameservers: readonly string[];
  search: string;
}

/**
 * Writes what an instance must find in its tree before its first boot. Its upper layer is still ours alone
 * then; afterwards a guest may have put links there, and nothing may be written by path any more.
 */
export async function writeIdentity(upper: string, identity: Identity): Promise<void> {
  const etc = path.join(upper, 'etc');
  // Not `recursive`, which tells of a full disk as of a folder that is missing. Done again after a crash, it is there.
  await mkdir(etc, 0o755).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  });
  const lines = [
    `search ${identity.search}`,
    ...identity.nameservers.map((server) => `nameserver ${server}`),
  ];
  await writeFile(path.join(etc, 'resolv.conf'), `${lines.join('\n')}\n`, { mode: 0o644 });
}
