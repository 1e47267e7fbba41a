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
  'ca-certificates',
  'iproute2',
  'iputils-ping',
  'netbase',
  'procps',
  'less',
  'nano',
  'tzdata',
];
