/** Label of the disk that differs from run to run. */
export const workLabel = 'work';
/** Where it is mounted in the emulated host. */
export const workFolder = '/srv';
/** Where the daemon there has its state: on that disk. */
export const stateFolder = `${workFolder}/state`;
/** Where Wadah itself lies there. */
export const productFolder = `${workFolder}/wadah`;

/**
 * First process of the emulated host. What systemd and udev do on others, and then one order after the other: a line
 * holds a script, its answer the status and both outputs, in base64. The end of orders is the end of the host.
 */
export const initScript = `#!/bin/sh
export PATH=${productFolder}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount --make-rshared /
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t securityfs -o nosuid,nodev,noexec securityfs /sys/kernel/security
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
mount -t tmpfs -o nosuid,nodev,mode=755 run /run
mkdir -p /dev/pts /dev/shm
mount -t devpts -o nosuid,noexec,gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o nosuid,nodev shm /dev/shm
modprobe -a virtio_pci virtio_blk virtio_console virtio_rng kvm_amd tun fuse vhost_net quota_v2
mount -o prjquota LABEL=${workLabel} ${workFolder}
mount --bind ${stateFolder} /var/lib/wadah
hostname emulated
ip link set lo up
cd /root

port=$(ls /sys/class/virtio-ports)
exec 3<>"/dev/$port"
while read -r order <&3; do
  echo "$order" | base64 -d >/run/order
  sh /run/order </dev/null >/run/out 2>/run/err 3>&-
  status=$?
  echo "$status $(base64 -w0 /run/out) $(base64 -w0 /run/err)" >&3
done
busybox poweroff -f
`;
