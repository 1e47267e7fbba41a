import { join } from 'node:path';
import type { Programs } from '#host/process/programs.ts';
import { removeFromTree } from '../tree.ts';
import { scaffolding } from './bootstrap.ts';

const leftovers: readonly string[] = [
  ...Object.values(scaffolding),
  // The build host's, or of this one build: each instance has its own.
  'etc/hostname',
  'etc/resolv.conf',
  'etc/apt/sources.list',
  'etc/apt/apt.conf.d/99mmdebstrap',
  'etc/fstab',
  'etc/.pwd.lock',
  ...['passwd-', 'group-', 'shadow-', 'gshadow-'].map((name) => `etc/${name}`),
  ...['rsa', 'ecdsa', 'ed25519'].flatMap((kind) => [
    `etc/ssh/ssh_host_${kind}_key`,
    `etc/ssh/ssh_host_${kind}_key.pub`,
  ]),
  'var/log/journal',
  'var/lib/systemd/random-seed',
  'var/lib/systemd/catalog/database',
  // Nothing listens on the network before somebody says so.
  'etc/systemd/system/sshd.service',
  'etc/systemd/system/multi-user.target.wants/ssh.service',
  // Made again when they are needed.
  ...['pkgcache.bin', 'srcpkgcache.bin'].map((name) => `var/cache/apt/${name}`),
  ...['config.dat-old', 'templates.dat-old'].map((name) => `var/cache/debconf/${name}`),
  ...['status-old', 'diversions-old', 'statoverride-old'].map((name) => `var/lib/dpkg/${name}`),
  'var/cache/ldconfig',
  // dpkg leaves these out from now on, but the base system was unpacked before there was a dpkg.
  ...['info', 'lintian', 'man', 'locale'].map((name) => `usr/share/${name}`),
];

/** Takes out what came from the build host or belongs to one boot, and what nobody needs. */
export async function tidy(programs: Programs, root: string, signal: AbortSignal): Promise<void> {
  await removeFromTree(root, leftovers);
  const find = (folder: string, ...expression: string[]) =>
    programs.run(['find', join(root, folder), ...expression], { signal, purpose: 'tidy the tree up' });
  await find('var/log', '-type', 'f', '-delete');
  await find('dev', '-mindepth', '1', '-delete');
  await find('usr/share/doc', '!', '-type', 'd', '!', '-name', 'copyright', '-delete');
  await find('usr/share/doc', '-type', 'd', '-empty', '-delete');
}
