import type { TreeEntry } from '../tree.ts';

/**
 * Units that do nothing for a container, but cost each of them time at boot, a process or a nightly wake-up. In a
 * virtual machine, which starts from the same tree, they run as usual. Some are of one release only.
 */
const notInContainers: readonly string[] = [
  'systemd-journal-flush.service', // the journal is not kept
  'systemd-remount-fs.service',
  'systemd-tmpfiles-setup-dev.service',
  'systemd-tmpfiles-setup-dev-early.service',
  'systemd-udev-load-credentials.service',
  'systemd-update-utmp.service',
  'modprobe@.service',
  'apt-daily.timer', // a host of 200 would download 200 times
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
];

const skipInContainers = `# Nothing for a container. To have it all the same, add a drop-in with an empty ConditionVirtualization=.
[Unit]
ConditionVirtualization=!container
`;

// What the other units have done by conditions, as dependencies: skipped units that others depend on make noise. To
// mask logind will not do either: `reboot` complains that it cannot reach it, or D-Bus waits 25 s for it.
const generator = `#!/bin/sh
# Units that containers and virtual machines start in different ways.
case "$SYSTEMD_VIRTUALIZATION" in
  container:*)
    # No power button and no seats: logind starts when somebody asks it for something.
    mkdir -p "$2/multi-user.target.wants"
    ln -s /dev/null "$2/multi-user.target.wants/systemd-logind.service"
    ;;
  *)
    # The host gives a container its addresses before init runs; a virtual machine asks for them.
    for want in multi-user.target.wants/systemd-networkd.service \\
      sockets.target.wants/systemd-networkd.socket \\
      network-online.target.wants/systemd-networkd-wait-online.service; do
      mkdir -p "$1/\${want%/*}"
      ln -s "/usr/lib/systemd/system/\${want#*/}" "$1/$want"
    done
    for unit in wadah-grow.service wadah-resolv.path; do
      ln -s "/usr/lib/systemd/system/$unit" "$1/multi-user.target.wants/$unit"
    done
    ;;
esac
`;

// By its default dependencies D-Bus goes down with the first units of a shutdown, and takes the answer to `reboot` with
// it: "Call to Reboot failed: Connection reset by peer". So it stays until systemd ends what is left.
const busUntilTheEnd = `[Unit]
DefaultDependencies=no
After=sysinit.target
`;

/** How systemd's units differ from Debian's defaults. */
export function unitEntries(): TreeEntry[] {
  const skipped = notInContainers.map(
    (unit): TreeEntry => ({ path: `usr/lib/systemd/system/${unit}.d/50-wadah.conf`, text: skipInContainers }),
  );
  return [
    ...skipped,
    { path: 'usr/lib/systemd/system/dbus.service.d/50-wadah.conf', text: busUntilTheEnd },
    { path: 'usr/lib/systemd/system-generators/wadah-kind', text: generator, mode: 0o755 },
    // Requires update-utmp, and would complain at each boot that it was skipped. Nobody asks for runlevels.
    { path: 'etc/systemd/system/systemd-update-utmp-runlevel.service', link: '/dev/null' },
  ];
}
