import { closeSync } from 'node:fs';
import { check, libcFunction, systemFault } from './libc.ts';

const posixSpawn = libcFunction('posix_spawn', 'int', ['void*', 'str', 'void*', 'void*', 'str*', 'str*']);
const initActions = libcFunction('posix_spawn_file_actions_init', 'int', ['void*']);
const destroyActions = libcFunction('posix_spawn_file_actions_destroy', 'int', ['void*']);
const addDup2 = libcFunction('posix_spawn_file_actions_adddup2', 'int', ['void*', 'int', 'int']);
const addOpen = libcFunction('posix_spawn_file_actions_addopen', 'int', [
  'void*',
  'int',
  'str',
  'int',
  'uint',
]);
const addCloseFrom = libcFunction('posix_spawn_file_actions_addclosefrom_np', 'int', ['void*', 'int']);
const addChdir = libcFunction('posix_spawn_file_actions_addchdir_np', 'int', ['void*', 'str']);
const initAttributes = libcFunction('posix_spawnattr_init', 'int', ['void*']);
const setFlags = libcFunction('posix_spawnattr_setflags', 'int', ['void*', 'int']);
const setDefaultSignals = libcFunction('posix_spawnattr_setsigdefault', 'int', ['void*', 'void*']);
const pipe2 = libcFunction('pipe2', 'int', ['void*', 'int']);
const fcntl = libcFunction('fcntl', 'int', ['int', 'int', 'long']);

const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
const O_RDWR = 2;
const O_CLOEXEC = 0o2000000;
const F_DUPFD_CLOEXEC = 1030;
const structBytes = 512; // glibc's two structures have 80 and 336

export interface SpawnRequest {
  /** Path of the program; PATH is not searched. */
  file: string;
  /** With the program's own name first. */
  argv: readonly string[];
  /** `NAME=value` each. */
  environment: readonly string[];
  cwd?: string | undefined;
  /** What becomes 0, 1, 2 …: a descriptor of ours, or /dev/null. It gets no others, whoever opened them for whatever. */
  descriptors: readonly (number | 'null')[];
}

/**
 * Starts a program in a session of its own, with no signal blocked or ignored, and returns its pid.
 *
 * Node's own spawn forks, which copies page tables: 5 ms on the main thread for a daemon of 150 MB, and slower
 * memory afterwards. posix_spawn shares memory until exec: 0.6 ms, whatever the size. Throws `host`.
 */
export function spawnProcess(request: SpawnRequest): number {
  const actions = Buffer.alloc(structBytes);
  const moved: number[] = [];
  demand('posix_spawn_file_actions_init', request.file, initActions(actions));
  try {
    request.descriptors.forEach((descriptor, target) => {
      if (descriptor === 'null')
        return demand('addopen', '/dev/null', addOpen(actions, target, '/dev/null', O_RDWR, 0));
      const source = outOfTheWay(descriptor, target, request.descriptors.length, moved);
      demand('adddup2', `descriptor ${descriptor}`, addDup2(actions, source, target));
    });
    // LMDB, for one, opens the stores without O_CLOEXEC.
    demand('addclosefrom', request.file, addCloseFrom(actions, request.descriptors.length));
    if (request.cwd !== undefined) demand('addchdir', request.cwd, addChdir(actions, request.cwd));
    const pid = Buffer.alloc(4);
    const { file, argv, environment } = request;
    const result = posixSpawn(pid, file, actions, attributes(), [...argv, null], [...environment, null]);
    demand('posix_spawn', file, result);
    return pid.readInt32LE();
  } finally {
    destroyActions(actions);
    for (const fd of moved) closeSync(fd);
  }
}

/** A descriptor that no earlier target has overwritten when its own turn comes. */
function outOfTheWay(descriptor: number, target: number, targets: number, moved: number[]): number {
  if (descriptor >= targets || descriptor === target) return descriptor;
  const copy = check('fcntl', `descriptor ${descriptor}`, fcntl(descriptor, F_DUPFD_CLOEXEC, targets));
  moved.push(copy);
  return copy;
}

function attributes(): Buffer {
  const buffer = Buffer.alloc(structBytes);
  demand('posix_spawnattr_init', '', initAttributes(buffer)); // it allocates nothing, so there is nothing to destroy
  demand('setsigdefault', '', setDefaultSignals(buffer, Buffer.alloc(128, 0xff))); // Node ignores SIGPIPE
  const flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK; // the mask is empty
  demand('setflags', '', setFlags(buffer, flags));
  return buffer;
}

/** The posix_spawn family returns its error instead of setting errno. */
function demand(call: string, object: string, result: number): void {
  if (result !== 0) throw systemFault(call, object, result);
}

/** Both ends of a new pipe, closed on exec. */
export function makePipe(): { read: number; write: number } {
  const ends = Buffer.alloc(8);
  check('pipe2', '', pipe2(ends, O_CLOEXEC));
  return { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
}
