import { rootParameter } from '../boot.ts';

/**
 * The whole of what runs between the kernel and the guest's own init. When something fails it says so on the
 * console and ends, upon which the kernel panics, and the host learns of that.
 */
export const initScript = `#!/bin/sh
mount -t devtmpfs -o mode=0755 dev /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys

fail() {
  echo "wadah: $*" >/dev/console
  exit 1
}

for module in /modules/*.ko; do
  insmod "$module" || fail "cannot load the module $module"
done

root=
for word in $(cat /proc/cmdline); do
  case $word in ${rootParameter}=*) root=\${word#*=} ;; esac
done

# Disks are found in the background.
tries=0
until device=$(findfs "$root" 2>/dev/null); do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || fail "no disk has the root file system $root"
  usleep 100000
done

mount -t ext4 -o rw "$device" /root || fail "cannot mount $device"
umount /sys /proc
mount -o move /dev /root/dev
exec switch_root /root /sbin/init
fail 'the root file system has no /sbin/init'
`;
