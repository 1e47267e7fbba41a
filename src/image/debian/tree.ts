import type { TreeEntry } from '../tree.ts';
import type { DebianRelease } from './releases.ts';
import { guestEntries } from './guest.ts';
import { unitEntries } from './units.ts';

/** What dpkg leaves out, in the image and in what instances install later. */
export const dpkgOptions: TreeEntry = {
  path: 'etc/dpkg/dpkg.cfg.d/wadah',
  text: `# Kept small: no manuals, translations or hardware lists. Remove a line, then apt-get install --reinstall PACKAGE.
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/lintian/*
path-exclude=/usr/share/locale/*
path-exclude=/lib/udev/hwdb.d/*
path-exclude=/usr/lib/udev/hwdb.d/*
`,
};

const sources = (codename: string): string => `Types: deb
URIs: http://deb.debian.org/debian
Suites: ${codename} ${codename}-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.debian.org/debian-security
Suites: ${codename}-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

const journald = `# A container's journal costs no disk. To keep it over restarts: Storage=persistent.
[Journal]
Storage=volatile
RuntimeMaxUse=4M
ReadKMsg=no
Audit=no
`;

const network = `# A virtual machine asks its network for an address. Containers have theirs before init runs.
[Match]
Name=en* eth*

[Network]
DHCP=yes

[DHCPv4]
UseDomains=yes
# The host says what it is called, as it does to containers.
UseHostname=no
`;

/** Files that every instance starts with; the last things to be written. */
export function debianTree(release: DebianRelease): TreeEntry[] {
  return [
    ...unitEntries(),
    ...guestEntries(),
    { path: 'etc/apt/sources.list.d/debian.sources', text: sources(release.codename) },
    { path: 'etc/default/locale', text: 'LANG=C.UTF-8\n' },
    { path: 'etc/hosts', text: '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' },
    { path: 'etc/systemd/journald.conf.d/wadah.conf', text: journald },
    { path: 'etc/systemd/network/80-wadah.network', text: network },
    // Empty, not missing: systemd then makes an id of its own for each instance, without thinking it a first boot.
    { path: 'etc/machine-id', text: '', mode: 0o444 },
    { path: 'var/lib/dbus/machine-id', link: '/etc/machine-id' },
    // Newer than /usr: the first boot need not bring users, caches and catalogs up to date, they are.
    { path: 'etc/.updated', text: '' },
    { path: 'var/.updated', text: '' },
  ];
}
