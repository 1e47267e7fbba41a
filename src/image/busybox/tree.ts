import type { TreeEntry } from '../tree.ts';

// No `askfirst` or `respawn` on terminals: nothing holds a terminal of a container, and one is made when somebody
// asks for a console. An empty action list is one process that sleeps until it is signalled.
const inittab = `# Run by busybox init (pid 1). Terminals are made on demand, so none is named here.
::sysinit:/etc/init.d/rcS
::restart:/sbin/init
`;

const rcS = `#!/bin/sh
# Starts what lies here as S??NAME, in order.
for service in /etc/init.d/S??*; do
  [ -x "$service" ] && "$service" start
done
exit 0
`;

/** Everything but busybox itself and its links. */
export function busyboxTree(version: string): TreeEntry[] {
  const folders = [
    'dev',
    'etc/init.d',
    'home',
    'mnt',
    'proc',
    'run',
    'sys',
    'usr/share',
    'var/log',
    'var/spool',
  ];
  return [
    ...folders.map((path): TreeEntry => ({ path, folder: true })),
    { path: 'tmp', folder: true, mode: 0o1777 },
    { path: 'var/tmp', folder: true, mode: 0o1777 },
    { path: 'root', folder: true, mode: 0o700 },
    { path: 'var/run', link: '../run' },
    { path: 'etc/inittab', text: inittab },
    { path: 'etc/init.d/rcS', text: rcS, mode: 0o755 },
    {
      path: 'etc/passwd',
      text: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
    },
    { path: 'etc/group', text: 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n' },
    { path: 'etc/shadow', text: 'root:*:::::::\nnobody:*:::::::\n', mode: 0o600 },
    { path: 'etc/shells', text: '/bin/sh\n/bin/ash\n' },
    { path: 'etc/hosts', text: '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n' },
    { path: 'etc/nsswitch.conf', text: 'hosts: files dns\n' },
    {
      path: 'etc/profile',
      text: "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\nexport PS1='\\u@\\h:\\w\\$ '\n",
    },
    {
      path: 'etc/os-release',
      text: `NAME=BusyBox\nID=busybox\nVERSION_ID=${version}\nPRETTY_NAME="BusyBox ${version}"\n`,
    },
  ];
}
