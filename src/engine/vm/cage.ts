import { copyFileSync, existsSync, lstatSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unmountBelow } from '#host/mount/unmount-below.ts';
import { findProgram } from '#host/process/find-program.ts';
import { copyDeviceNode } from '#host/sys/device-nodes.ts';
import { mountFlags, mountSync } from '#host/sys/mounts.ts';

const { bind, noDev, noExec, noSuid, readOnly, remount } = mountFlags;
const devices = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom', '/dev/kvm'];
/** Of those, a system has some as folders and some as links into /usr. */
const programFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/**
 * All that a QEMU sees of the host's files: the installed programs, a /proc that shows only itself, five devices. It
 * is made once; each QEMU has it for its root, in namespaces of its own. Images and disks come as descriptors.
 */
export class Cage {
  readonly #root: string;

  /** `root`: where it is made, in the daemon's mount namespace. */
  constructor(root: string) {
    this.#root = root;
  }

  /** What an earlier daemon made is replaced; those inside keep theirs. */
  async make(): Promise<void> {
    await this.remove();
    const root = this.#root;
    mkdirSync(root, { recursive: true });
    mountSync({ source: 'cage', target: root, type: 'tmpfs', flags: noSuid, data: 'mode=755,size=1m' });
    for (const folder of programFolders) this.#share(folder);
    mkdirSync(join(root, 'etc'));
    if (existsSync('/etc/ld.so.cache')) copyFileSync('/etc/ld.so.cache', join(root, 'etc/ld.so.cache'));
    mkdirSync(join(root, 'dev'));
    // Nobody else comes here: /dev/kvm may be used by whom the host's own rules would not let.
    for (const device of devices.filter((path) => existsSync(path))) {
      copyDeviceNode(device, join(root, device), 0o666);
    }
    const proc = this.#folder('/proc');
    mountSync({
      source: 'proc',
      target: proc,
      type: 'proc',
      flags: noSuid | noDev | noExec,
      data: 'hidepid=2',
    });
    mountSync({ source: 'cage', target: root, flags: remount | bind | readOnly | noSuid });
  }

  /** Nothing there: succeeds. */
  async remove(): Promise<void> {
    await unmountBelow(this.#root);
    await rm(this.#root, { recursive: true, force: true });
  }

  /**
   * A command line that runs `argv` inside, in mount, IPC, host name and network namespaces of its own, as that
   * user and group with no capability and no way to get one. Nothing of the daemon's mounts stays reachable or in use.
   */
  command(user: number, argv: readonly string[]): string[] {
    const [program = '', ...rest] = argv;
    const enter = `cd "$0" && ${findProgram('pivot_root')} . . && ${findProgram('umount')} -l . && exec "$@"`;
    return [
      ...['unshare', '--mount', '--propagation', 'private', '--ipc', '--uts', '--net'],
      ...['sh', '-c', enter, this.#root],
      ...[findProgram('setpriv'), `--reuid=${user}`, `--regid=${user}`, '--clear-groups'],
      ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'],
      ...[findProgram(program), ...rest],
    ];
  }

  #folder(path: string): string {
    const folder = join(this.#root, path);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  #share(path: string): void {
    if (!existsSync(path)) return;
    if (lstatSync(path).isSymbolicLink()) {
      symlinkSync(readlinkSync(path), join(this.#root, path));
      return;
    }
    const target = this.#folder(path);
    mountSync({ source: path, target, flags: bind });
    mountSync({ source: path, target, flags: remount | bind | readOnly | noSuid | noDev });
  }
}
