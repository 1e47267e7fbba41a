import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '#host/storage/make-folder.ts';

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
  await makeFolder(etc, 0o755);
  const lines = [
    `search ${identity.search}`,
    ...identity.nameservers.map((server) => `nameserver ${server}`),
  ];
  await writeFile(path.join(etc, 'resolv.conf'), `${lines.join('\n')}\n`, { mode: 0o644 });
}
