import { guestShellConfig, guestShellPort, guestShellScript } from '../guest-shell.ts';
import type { TreeEntry } from '../tree.ts';

const shellUnit = `# Started by udev when the port is there: in virtual machines whose host asks for it, never in containers.
[Unit]
Description=Programs started by the host
DefaultDependencies=no
After=local-fs.target

[Service]
ExecStart=/usr/lib/wadah/guest-shell
Restart=always
RestartSec=0
# Programs go on when the host's side is restarted; each belongs to who started it.
KillMode=process
TasksMax=infinity
OOMPolicy=continue
`;

const udevRules = `SUBSYSTEM=="virtio-ports", ATTR{name}=="${guestShellPort}", TAG+="systemd", ENV{SYSTEMD_WANTS}+="wadah-guest.service"
# The host made a disk larger.
SUBSYSTEM=="block", ACTION=="change", ENV{RESIZE}=="1", RUN+="/usr/bin/systemctl --no-block start wadah-grow.service"
`;

const growUnit = `[Unit]
Description=Fill the root disk, which may have grown
DefaultDependencies=no
After=systemd-remount-fs.service
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
ExecStart=/usr/lib/systemd/systemd-growfs /
`;

const resolvPath = `[Unit]
Description=Watch for name servers of the network
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target systemd-networkd.service

[Path]
PathChanged=/run/systemd/netif/state
`;

const resolvUnit = `[Unit]
Description=Use the name servers of the network

[Service]
Type=oneshot
ExecStart=/usr/lib/wadah/resolv
`;

// systemd-resolved would do it, with one more process and 12 MB of memory.
const resolvScript = `#!/bin/sh
# Writes the name servers that the network offered to where /etc/resolv.conf points, unless somebody wrote their own.
set -eu
of() { sed -n "s/^$1=//p" /run/systemd/netif/state; }
mkdir -p /run/wadah
{
  domains=$(of DOMAINS)
  [ -z "$domains" ] || echo "search $domains"
  for server in $(of DNS); do echo "nameserver $server"; done
} >/run/wadah/resolv.conf.new
mv /run/wadah/resolv.conf.new /run/wadah/resolv.conf
[ -e /etc/resolv.conf ] || [ -L /etc/resolv.conf ] || ln -s ../run/wadah/resolv.conf /etc/resolv.conf
`;

const hostKeys = `# Images carry no host keys: each instance makes its own when ssh is first enabled.
[Service]
ExecStartPre=
ExecStartPre=/usr/bin/ssh-keygen -A
ExecStartPre=/usr/sbin/sshd -t
`;

/** What a virtual machine needs inside that a container has from its host. Nothing of it runs in containers. */
export function guestEntries(): TreeEntry[] {
  const units = 'usr/lib/systemd/system';
  return [
    { path: `${units}/wadah-guest.service`, text: shellUnit },
    { path: `${units}/wadah-grow.service`, text: growUnit },
    { path: `${units}/wadah-resolv.path`, text: resolvPath },
    { path: `${units}/wadah-resolv.service`, text: resolvUnit },
    { path: `${units}/ssh.service.d/50-wadah.conf`, text: hostKeys },
    { path: 'usr/lib/udev/rules.d/80-wadah.rules', text: udevRules },
    { path: 'usr/lib/wadah/guest-shell', text: guestShellScript, mode: 0o755 },
    { path: 'usr/lib/wadah/sshd_config', text: guestShellConfig },
    { path: 'usr/lib/wadah/resolv', text: resolvScript, mode: 0o755 },
    // Of trixie: would have an ssh server on a socket of its own in every instance, and on vsock.
    { path: 'etc/systemd/system-generators/systemd-ssh-generator', link: '/dev/null' },
    // Where a kernel's modules are mounted while a disk is made; containers have none.
    { path: 'usr/lib/modules', folder: true },
  ];
}
