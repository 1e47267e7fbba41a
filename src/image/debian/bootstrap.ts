import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '#host/process/programs.ts';
import { isFault } from '#model/fault.ts';
import type { OperationProgress } from '#model/operation.ts';
import type { TreeEntry } from '../tree.ts';
import { writeTree } from '../tree.ts';
import { Complaints } from './complaints.ts';
import type { AptMirror, HostApt } from './host-apt.ts';
import { readHostApt } from './host-apt.ts';
import { BootstrapProgress } from './progress.ts';
import type { DebianRelease } from './releases.ts';

export interface Bootstrap {
  programs: Programs;
  release: DebianRelease;
  packages: readonly string[];
  /** Debian's name of it: `amd64`. */
  architecture: string;
  folder: string;
  signal: AbortSignal;
  report(progress: OperationProgress): void;
}

/** Below `folder`: where the package of a kernel is downloaded to. */
export const kernelPackageFolder = 'kernel-package';

/** In the tree while packages are installed, and what has to go before it is an image. */
export const scaffolding = {
  preferences: 'etc/apt/preferences.d/wadah-build',
  dpkgOptions: 'etc/dpkg/dpkg.cfg.d/wadah-build',
} as const;

const seed = (architecture: string): TreeEntry[] => [
  // /usr is merged from the start: usrmerge, which would do it later, brings 50 MB of Perl.
  ...['bin', 'sbin', 'lib', ...(architecture === 'amd64' ? ['lib64'] : [])].flatMap((name): TreeEntry[] => [
    { path: `usr/${name}`, folder: true },
    { path: name, link: `usr/${name}` },
  ]),
  { path: scaffolding.preferences, text: 'Package: usrmerge\nPin: release *\nPin-Priority: -1\n' },
  { path: scaffolding.dpkgOptions, text: 'force-unsafe-io\n' },
  // mmdebstrap copies the host's into the tree unless they are there.
  { path: 'etc/hostname', text: '' },
  { path: 'etc/resolv.conf', text: '' },
];

// Run by mmdebstrap on the host side while its apt still knows the mirrors; "$1" is the tree.
const downloadKernel = `set -eu
install -d -o _apt "$1/../${kernelPackageFolder}"
cd "$1/../${kernelPackageFolder}"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
package=$(apt-cache depends --important "$WADAH_KERNEL" | sed -n 's/^ *Depends: //p')
exec apt-get download "$package"`;

/**
 * Installs the packages into `folder/rootfs` and fetches a kernel beside it. Throws `unavailable` without a mirror,
 * `insufficient` on a full disk, `unsupported` without a program or keys, else `host`.
 */
export async function bootstrap(job: Bootstrap, dpkgOptions: TreeEntry): Promise<void> {
  const { programs, release, architecture, folder, signal } = job;
  const purpose = `build image "debian/${release.version}"`;
  // Below it is run by other programs, which would not know what to install.
  await programs.run(['mmdebstrap', '--version'], { signal, purpose });
  const apt = await readHostApt(programs, signal);
  const root = join(folder, 'rootfs');
  await chmod(folder, 0o755); // for _apt; nobody gets this far into the pool
  await writeTree(folder, [{ path: 'rootfs', folder: true }]);
  await writeTree(root, [...seed(architecture), dpkgOptions]);
  const progress = new BootstrapProgress();
  const complaints = new Complaints();
  const onLine = (line: string): void => {
    complaints.read(line);
    const news = progress.read(line);
    if (news) job.report(news);
  };
  const env = {
    SOURCE_DATE_EPOCH: String(release.epoch),
    WADAH_KERNEL: `linux-image-cloud-${architecture}`,
    DEBIAN_FRONTEND: 'noninteractive',
  };
  try {
    await programs.run(bootstrapCommand(job, apt), { signal, env, onLine, purpose, timeoutMs: 0 });
  } catch (error) {
    throw isFault(error, 'host') ? complaints.explain(error, purpose, apt.mirror.url) : error;
  }
}

/**
 * mmdebstrap in a mount and a PID namespace of its own: whichever way it ends, its mounts end with it, and so does
 * whatever a package's script started. The folder is bound to /mnt, since apt gives up root for
 * downloading and would not reach into the pool.
 */
function bootstrapCommand({ release, packages, architecture, folder }: Bootstrap, apt: HostApt): string[] {
  return [
    ...['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...['sh', '-c', 'mount --bind "$0" /mnt && exec "$@"', folder],
    ...['mmdebstrap', '--verbose', '--mode=root', '--format=directory', '--variant=minbase'],
    '--skip=check/empty',
    `--architectures=${architecture}`,
    `--include=${packages.join(',')}`,
    ...apt.options.map((option) => `--aptopt=${option}`),
    `--customize-hook=${downloadKernel}`,
    ...[release.codename, '/mnt/rootfs'],
    sourceLine(apt.mirror, release.codename),
    sourceLine(apt.mirror, `${release.codename}-updates`),
    sourceLine(apt.securityMirror, `${release.codename}-security`),
  ];
}

function sourceLine({ url, signedBy }: AptMirror, suite: string): string {
  return `deb ${signedBy ? `[signed-by=${signedBy}] ` : ''}${url} ${suite} main`;
}
