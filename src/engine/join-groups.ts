import { join } from 'node:path';

/**
 * A command line that enters cgroups before it becomes `argv`. In v2 a process must move as a whole, for which the
 * kernel waits some 10 ms unless somebody has just moved; a v1 group takes the one thread that a shell is at once.
 */
export function joinGroups(
  { leaf, v1 }: { leaf: string; v1: readonly string[] },
  argv: readonly string[],
  { waitForGo }: { waitForGo?: { thenInput: string } } = {},
): string[] {
  const files = [join(leaf, 'cgroup.procs'), ...v1.map((folder) => join(folder, 'tasks'))];
  // Once told to go, input comes from elsewhere. When the daemon dies before, reading fails, and so does the shell.
  const go = waitForGo ? 'read -r _ || exit\nexec "$@" <"$0"' : 'exec "$@"';
  return [
    'sh',
    '-c',
    `${enter}\n${go}`,
    waitForGo?.thenInput ?? 'sh',
    String(files.length),
    ...files,
    ...argv,
  ];
}

// crun makes device nodes with the umask it has, and takes the daemon's own service manager for its guests'.
const enter = `umask 0
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID
count=$1; shift
while [ "$count" -gt 0 ]; do echo 0 >"$1" || exit; shift; count=$((count - 1)); done`;
