import { accessSync, constants } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { Fault } from '#model/fault.ts';

/** Debian packages of programs whose package has another name. */
const packages: Record<string, string> = {
  bridge: 'iproute2',
  busybox: 'busybox-static',
  dnsmasq: 'dnsmasq-base',
  'dpkg-deb': 'dpkg',
  ip: 'iproute2',
  losetup: 'mount',
  mke2fs: 'e2fsprogs',
  'mkfs.erofs': 'erofs-utils',
  'mkfs.ext4': 'e2fsprogs',
  mount: 'mount',
  nft: 'nftables',
  nsenter: 'util-linux',
  'qemu-img': 'qemu-utils',
  'qemu-system-x86_64': 'qemu-system-x86',
  setpriv: 'util-linux',
  tc: 'iproute2',
  unshare: 'util-linux',
  xz: 'xz-utils',
};

// Daemons are often started with a PATH for users.
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
const found = new Map<string, string>();

/** Absolute path of a program. Throws `unsupported` that names the package to install. */
export function findProgram(name: string): string {
  const known = found.get(name);
  if (known !== undefined && isProgram(known)) return known;
  const folders = [...(process.env['PATH'] ?? '').split(':').filter(isAbsolute), ...systemFolders];
  const candidates = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  const path = candidates.find(isProgram);
  if (path === undefined) throw missing(name);
  found.set(name, path);
  return path;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(name: string): Fault {
  const hint = isAbsolute(name)
    ? 'Check that it is there and executable.'
    : `Install it: apt-get install ${packages[name] ?? name}`;
  return new Fault('unsupported', `The program ${name} is not installed on this host`, { hint });
}
