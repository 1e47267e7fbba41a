import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { machine } from 'node:os';
import path from 'node:path';
import { HostPrograms } from '#host/process/host-programs.ts';
import { guestShellConfig, guestShellScript } from '#image/guest-shell.ts';
import { hostBusybox } from '#image/host-busybox.ts';
import { type CpioEntry, packCpio } from '#image/initrd/cpio.ts';
import { orderModules } from '#image/initrd/module-order.ts';
import type { Recipe } from '#image/recipe.ts';
import { type CachedImage, cachedImage, runInImage } from './images.ts';

/**
 * The smallest guest that has what the engine speaks to, up in seconds on an emulated processor. Its first process
 * is a shell: `busybox reboot -f` and `busybox poweroff -f` end it.
 */
export interface NanoGuest {
  kernel: string;
  initrd: string;
  commandLine: string;
}

const guestPrograms = ['/usr/sbin/qemu-ga', '/usr/sbin/sshd', '/usr/bin/ssh-keygen'];
const modules = [
  'pvpanic_mmio',
  'virtio_pci',
  'virtio_blk',
  'virtio_net',
  'virtio_console',
  'virtio_balloon',
  'virtio_rng',
  'button',
  'evdev',
];

const init = `#!/bin/sh
export PATH=/bin HOME=/root
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/virtio-ports
mount -t devpts devpts /dev/pts
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs run /run
for module in /modules/*.ko; do insmod "$module"; done
for port in /sys/class/virtio-ports/*; do
  ln -s "/dev/\${port##*/}" "/dev/virtio-ports/$(cat "$port/name")"
done
hostname "$(sed -n 's/.*systemd.hostname=\\([^ ]*\\).*/\\1/p' /proc/cmdline)"
ip link set lo up
ip link set eth0 up
udhcpc -b -i eth0 -s /etc/udhcpc >/dev/null 2>&1 &
mkdir -p /run/qemu
qemu-ga --daemonize --statedir /run/qemu --pidfile /run/qemu/pid
acpid -l /run/acpid.log -c /etc/acpi
while :; do /usr/lib/wadah/guest-shell; done >/dev/null 2>&1 &
echo "nano is up" >/dev/console
while :; do setsid cttyhack sh; done
`;

const shutdown = `#!/bin/sh
case $* in *-r*) exec busybox reboot -f ;; *) exec busybox poweroff -f ;; esac
`;

const udhcpc = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr replace "$ip/$mask" dev "$interface"
ip route replace default via "$router"
`;

const file = (name: string, content: string, mode = 0o755): CpioEntry => ({
  path: name,
  content: Buffer.from(content),
  mode,
});

const passwd =
  'root:*:0:0:root:/root:/bin/sh\nsshd:*:100:65534::/run/sshd:/bin/false\nnobody:*:65534:65534::/:/bin/false\n';
const folders = [
  'bin',
  'dev',
  'etc',
  'etc/acpi',
  'etc/acpi/PWRF',
  'lib',
  'lib64',
  'modules',
  'proc',
  'root',
  'run',
  'sys',
  'tmp',
];
const more = ['usr', 'usr/lib', 'usr/lib/wadah', 'usr/share', 'var', 'var/run'];

/** Puts a guest together in `folder` from the kernel and the programs of the Debian image. */
export async function makeNanoGuest(folder: string): Promise<NanoGuest> {
  const image = await cachedImage('debian/12');
  // Not compressed: unpacking costs an emulated processor more than reading.
  const initrd = path.join(folder, 'nano.cpio');
  await writeFile(initrd, await packNano(image));
  return {
    kernel: path.join(image.folder, 'kernel'),
    initrd,
    commandLine: 'console=ttyS0 quiet mitigations=off net.ifnames=0 systemd.hostname=nano',
  };
}

/** The same guest as an image, with its files on a disk that it boots from as every image does. */
export const nanoRecipe: Recipe = {
  name: 'nano',
  description: 'The smallest guest, for tests',
  types: ['virtual-machine'],
  architecture: machine(),
  properties: { os: 'nano' },
  init: { command: ['/sbin/init'], stopSignal: 'SIGTERM', notifiesReady: false },
  buildBytes: 64 * 2 ** 20,
  async build(folder) {
    const image = await cachedImage('debian/12');
    for (const file of ['kernel', 'initrd']) {
      await copyFile(path.join(image.folder, file), path.join(folder, file));
    }
    const { initrd } = await makeNanoGuest(folder);
    const unpack =
      'mkdir -m 755 rootfs && cd rootfs && busybox cpio -idm <"$0" && ln -sf /init bin/init && rm "$0"';
    await new HostPrograms().run(['sh', '-ec', unpack, initrd], { cwd: folder });
  },
};

async function packNano(image: CachedImage): Promise<Buffer> {
  return packCpio([
    ...[...folders, ...more].map((name): CpioEntry => ({ path: name, folder: true })),
    ...['sbin', 'usr/bin', 'usr/sbin'].map((name): CpioEntry => ({ path: name, link: '/bin' })),
    ...(await busyboxEntries()),
    ...(await programEntries(image)),
    ...(await moduleEntries(image)),
    file('init', init),
    file('bin/shutdown', shutdown),
    file('etc/acpi/PWRF/00000080', '#!/bin/sh\nexec busybox poweroff -f\n'),
    file('etc/udhcpc', udhcpc),
    file('etc/passwd', passwd, 0o644),
    file('etc/group', 'root:x:0:\nnogroup:x:65534:\n', 0o644),
    file('usr/lib/wadah/guest-shell', guestShellScript),
    file('usr/lib/wadah/sshd_config', guestShellConfig, 0o644),
  ]);
}

async function busyboxEntries(): Promise<CpioEntry[]> {
  const { stdout } = await new HostPrograms().run([hostBusybox, '--list']);
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  return [
    { path: 'bin/busybox', content: await readFile(hostBusybox), mode: 0o755 },
    ...applets.map((applet): CpioEntry => ({ path: `bin/${applet}`, link: 'busybox' })),
  ];
}

/** Programs, all in /bin, and the libraries that they load. */
async function programEntries(image: CachedImage): Promise<CpioEntry[]> {
  const said = await runInImage(
    image,
    `ldd ${guestPrograms.join(' ')} | grep -o '/[^ ]*\\.so[^ ]*' | sort -u | xargs -n1 realpath -s`,
  );
  const entries: CpioEntry[] = [];
  const made = new Set<string>([...folders]);
  for (const library of said.split('\n')) {
    const inside = library.slice(1);
    const parent = path.dirname(inside);
    if (!made.has(parent)) entries.push({ path: parent, folder: true });
    made.add(parent);
    entries.push({ path: inside, content: await read(image, library), mode: 0o755 });
  }
  for (const program of guestPrograms) {
    entries.push({ path: `bin/${path.basename(program)}`, content: await read(image, program), mode: 0o755 });
  }
  return entries;
}

/** Where the links of the tree lead, within it. */
async function read({ folder }: CachedImage, file: string): Promise<Buffer> {
  const root = path.join(folder, 'rootfs');
  const { stdout } = await new HostPrograms().run(['chroot', root, 'realpath', file]);
  return readFile(path.join(root, stdout.trim()));
}

async function moduleEntries({ folder }: CachedImage): Promise<CpioEntry[]> {
  const [version = ''] = await readdir(path.join(folder, 'modules'));
  const source = path.join(folder, 'modules', version);
  const table = (name: string): Promise<string> => readFile(path.join(source, name), 'utf8');
  const tables = { dep: await table('modules.dep'), builtin: await table('modules.builtin') };
  return Promise.all(
    orderModules(tables, modules).map(
      async (file, index): Promise<CpioEntry> => ({
        path: `modules/${String(index).padStart(2, '0')}-${path.basename(file)}`,
        content: await readFile(path.join(source, file)),
        mode: 0o644,
      }),
    ),
  );
}
