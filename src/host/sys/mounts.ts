import { check, checkAsync, libcFunction, systemCall } from './libc.ts';

const mountCall = libcFunction('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']);
const umountCall = libcFunction('umount2', 'int', ['str', 'int']);
const openTree = systemCall(428, ['int', 'str', 'uint']);
const moveMount = systemCall(429, ['int', 'str', 'int', 'str', 'uint']);
const mountSetattr = systemCall(442, ['int', 'str', 'uint', 'void*', 'size_t']);

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const MOVE_MOUNT_F_EMPTY_PATH = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const MOUNT_ATTR_IDMAP = 0x00100000n;

/** Flags of mount(2). */
export const mountFlags = {
  readOnly: 0x1,
  noSuid: 0x2,
  noDev: 0x4,
  noExec: 0x8,
  remount: 0x20,
  bind: 0x1000,
  move: 0x2000,
  recursive: 0x4000,
  private: 0x40000,
  slave: 0x80000,
  shared: 0x100000,
} as const;

export interface MountRequest {
  source: string;
  target: string;
  /** Absent for binds, remounts and changes of propagation. */
  type?: string;
  /** Some of `mountFlags`, or-ed. */
  flags?: number;
  /** Options of the file system, comma separated. */
  data?: string;
}

const mountArguments = ({ source, target, type, flags = 0, data }: MountRequest) =>
  [source, target, type ?? null, flags, data ?? null] as const;

/** mount(2). Throws `host`. */
export async function mount(request: MountRequest): Promise<void> {
  await checkAsync('mount', request.target, mountCall, ...mountArguments(request));
}

/** The same at once, for work that must not leave the main thread (`withFileOwner`). */
export function mountSync(request: MountRequest): void {
  check('mount', request.target, mountCall(...mountArguments(request)));
}

/** Flags of umount2(2). `detach`: gone from the tree at once, let go of when nobody uses it any more. */
export const unmountFlags = { detach: 2, noFollow: 8 } as const;

/** umount2(2). Writing back what the file system holds may take long, hence off the main thread. */
export async function unmount(target: string, flags: number = unmountFlags.noFollow): Promise<void> {
  await checkAsync('umount2', target, umountCall, target, flags);
}

export function unmountSync(target: string, flags: number = unmountFlags.noFollow): void {
  check('umount2', target, umountCall(target, flags));
}

/** A detached copy of the mount at `path`, of all below it too when `recursive`. Closing it unmounts the copy. */
export function cloneMount(path: string, { recursive = false } = {}): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
  return check('open_tree', path, openTree(AT_FDCWD, path, flags));
}

/** Maps the ids of a detached mount as the user namespace behind `usernsFd` maps them. */
export function idmapMount(mountFd: number, usernsFd: number, { recursive = false } = {}): void {
  const attributes = Buffer.alloc(32); // struct mount_attr: set, clear, propagation, userns_fd
  attributes.writeBigUInt64LE(MOUNT_ATTR_IDMAP, 0);
  attributes.writeBigUInt64LE(BigInt(usernsFd), 24);
  const flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  const result = mountSetattr(mountFd, '', flags, attributes, attributes.length);
  check('mount_setattr', 'MOUNT_ATTR_IDMAP', result);
}

const mountAttributes = { readOnly: 0x1n, noDev: 0x4n } as const;

/** Takes rights away from a detached mount. */
export function restrictMount(
  mountFd: number,
  restrictions: readonly (keyof typeof mountAttributes)[],
  { recursive = false } = {},
): void {
  const attributes = Buffer.alloc(32);
  attributes.writeBigUInt64LE(
    restrictions.reduce((set, name) => set | mountAttributes[name], 0n),
    0,
  );
  const flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  check(
    'mount_setattr',
    restrictions.join(),
    mountSetattr(mountFd, '', flags, attributes, attributes.length),
  );
}

/** Attaches a detached mount at `target`, a path or an O_PATH descriptor. The descriptor goes on naming the mount. */
export function attachMount(mountFd: number, target: string | number): void {
  const [folder, path, flags] =
    typeof target === 'string' ? [AT_FDCWD, target, 0] : [target, '', MOVE_MOUNT_T_EMPTY_PATH];
  const result = moveMount(mountFd, '', folder, path, MOVE_MOUNT_F_EMPTY_PATH | flags);
  check('move_mount', String(target), result);
}
