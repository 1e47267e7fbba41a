/** Name of the virtio-serial port through which the host runs programs in a virtual machine. */
export const guestShellPort = 'org.wadah.ssh.0';

/**
 * Inside a virtual machine: serves the host's exec by sshd on that port, one connection after the other. The host
 * begins with a line `wadah-ssh NONCE KEY`, where the key is of this one connection; the guest repeats the
 * nonce, so that the host knows where the bytes of an earlier connection end, and becomes sshd.
 */
export const guestShellScript = `#!/bin/sh
# Runs programs for the host: becomes sshd on a serial port whose other end only the host has.
port=/dev/virtio-ports/${guestShellPort}
umask 077
mkdir -p /run/wadah /run/sshd
[ -e /run/wadah/host-key ] || ssh-keygen -q -t ed25519 -N '' -C '' -f /run/wadah/host-key
while :; do
  exec 3<>"$port"
  # While nobody is at the other end, reading does not wait but says: end of file.
  if read -r greeting nonce key <&3 && [ "$greeting" = wadah-ssh ]; then break; fi
  exec 3>&-
  sleep 1
done
printf '%s\\n' "$key" >/run/wadah/authorized-keys
printf 'wadah-ssh %s\\n' "$nonce" >&3
exec /usr/sbin/sshd -i -f /usr/lib/wadah/sshd_config <&3 >&3 3>&-
`;

export const guestShellConfig = `# Of the sshd that serves the host on a serial port (wadah-guest.service), not of ssh.service.
HostKey /run/wadah/host-key
AuthorizedKeysFile /run/wadah/authorized-keys
AuthenticationMethods publickey
PermitRootLogin yes
AllowUsers root
StrictModes no
UsePAM no
PrintMotd no
PrintLastLog no
MaxSessions 10000
LoginGraceTime 0
LogLevel ERROR
PidFile none
`;
