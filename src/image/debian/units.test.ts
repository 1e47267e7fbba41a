import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { writeTree } from '../tree.ts';
import { unitEntries } from './units.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp('/tmp/wadah-units-');
});
afterEach(() => rm(scratch, { recursive: true }));

/** Runs the generator as systemd does; tells what it linked to what in its two first folders. */
async function generate(virtualization: string): Promise<Record<string, string>> {
  const root = join(scratch, 'root');
  await mkdir(root);
  await writeTree(root, unitEntries());
  const folders = ['normal', 'early', 'late'].map((name) => join(scratch, name));
  for (const folder of folders) await mkdir(folder);
  execFileSync(join(root, 'usr/lib/systemd/system-generators/wadah-kind'), folders, {
    env: { ...process.env, SYSTEMD_VIRTUALIZATION: virtualization },
  });
  const links: Record<string, string> = {};
  for (const folder of ['normal', 'early', 'late']) {
    for (const entry of await readdir(join(scratch, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isSymbolicLink()) continue;
      const path = join(entry.parentPath, entry.name);
      links[path.slice(scratch.length + 1)] = await readlink(path);
    }
  }
  return links;
}

test('a container does not start logind at boot, but may start it when asked', async () => {
  assert.deepEqual(await generate('container:lxc'), {
    'early/multi-user.target.wants/systemd-logind.service': '/dev/null',
  });
});

test('a virtual machine asks its network for an address and a name server, and fills its disk', async () => {
  assert.deepEqual(await generate('vm:kvm'), {
    'normal/multi-user.target.wants/systemd-networkd.service':
      '/usr/lib/systemd/system/systemd-networkd.service',
    'normal/sockets.target.wants/systemd-networkd.socket': '/usr/lib/systemd/system/systemd-networkd.socket',
    'normal/network-online.target.wants/systemd-networkd-wait-online.service':
      '/usr/lib/systemd/system/systemd-networkd-wait-online.service',
    'normal/multi-user.target.wants/wadah-grow.service': '/usr/lib/systemd/system/wadah-grow.service',
    'normal/multi-user.target.wants/wadah-resolv.path': '/usr/lib/systemd/system/wadah-resolv.path',
  });
});
