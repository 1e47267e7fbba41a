/**
 * What is installed beside the packages that Debian calls required. Recommendations are not followed: each
 * package here is something that people expect of a server, or that one of the two kinds of instance needs.
 */
export const debianPackages: readonly string[] = [
  'systemd-sysv',
  'dbus', // hostnamectl, systemctl of ordinary users
  'libnss-myhostname', // an instance knows its own name, whatever it is renamed to
  'udev', // for virtual machines; it does not run in containers
  'login',
  'passwd',
  'cron',
  'openssh-client',
  'openssh-server', // how the host runs programs in a virtual machine; listens nowhere until somebody enables ssh.service
  'qemu-guest-agent', // tells the host about a virtual machine; does not run in containers
  'kmod', // modules are loaded in virtual machines
  'e2fsprogs', // the root file system of a virtual machine
  'ca-certificates',
  'iproute2',
  'iputils-ping',
  'netbase',
  'procps',
  'less',
  'nano',
  'tzdata',
];
