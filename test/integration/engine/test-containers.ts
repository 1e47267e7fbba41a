import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { silentLogger } from '#base/logger.ts';
import { CrunEngine } from '#engine/container/crun-engine.ts';
import type { ContainerHost } from '#engine/container/container-host.ts';
import type { OverlayRoot, RunPlan } from '#engine/engine.ts';
import { testPlan } from '#engine/test-plan.ts';
import { HostBeancounters } from '#host/beancounters/host-beancounters.ts';
import { Lxcfs } from '#host/lxcfs/lxcfs.ts';
import { Reboots } from '#host/reboots/reboots.ts';
import { becomeSubreaper } from '#host/sys/processes.ts';
import type { Config, InstanceId } from '#model/instance.ts';
import { closeGround, type EngineGround, openGround } from '../../harness/engine-ground.ts';
import { testGuestPaths } from '../../harness/guest-paths.ts';

const firstId = 0x70000000; // far from what a daemon on this host would take
const bridge = 'wdtestbr0';

// Powers off when asked to; its children need nobody to bury them.
const init = `#!/bin/sh
trap 'exit 0' USR2
echo "init of $(hostname) says hello"
while :; do sleep 1000 & wait $!; done
`;

export interface ContainerPlan extends RunPlan {
  root: OverlayRoot;
}

/** What containers stand on, for tests: a ground, a busybox system, lxcfs. */
export class TestContainers {
  readonly host: ContainerHost;
  readonly folder: string;
  readonly #ground: EngineGround;

  private constructor(host: ContainerHost, ground: EngineGround) {
    this.host = host;
    this.folder = ground.folder;
    this.#ground = ground;
  }

  static async open(): Promise<TestContainers> {
    becomeSubreaper();
    const ground = await openGround(bridge, ['10.99.0.1/20', 'fd99::1/64']);
    const { mark, run, programs, proxies, folder } = ground;
    const { cgroups, placement, root } = ground.groups;
    const base = { mark, run, programs, cgroups, placement, proxies, logger: silentLogger };
    const guestPaths = testGuestPaths(programs);
    const lxcfs = new Lxcfs({ programs, guestPaths, run, root, logger: silentLogger });
    const bpf = path.join(run, 'bpf');
    const beancounters = new HostBeancounters(bpf, silentLogger);
    const reboots = new Reboots(bpf, silentLogger);
    await chmod(folder, 0o755);
    await makeTree(path.join(folder, 'busybox'));
    return new TestContainers({ ...base, beancounters, reboots, guestPaths, lxcfs }, ground);
  }

  /** Another engine object on the same host, as each daemon makes one. */
  async engine(): Promise<CrunEngine> {
    const engine = new CrunEngine(this.host);
    await engine.open();
    return engine;
  }

  /** A busybox system. `number` makes its ids, addresses and names differ from those of others. */
  async plan(
    id: InstanceId,
    { number = 1, config = {} }: { number?: number; config?: Config } = {},
  ): Promise<ContainerPlan> {
    const disk = path.join(this.folder, id);
    for (const part of ['upper', 'work']) await mkdir(path.join(disk, part), { recursive: true });
    return {
      ...testPlan(id, config),
      name: `guest${number}`,
      root: {
        kind: 'overlay',
        lower: [path.join(this.folder, 'busybox')],
        upper: path.join(disk, 'upper'),
        work: path.join(disk, 'work'),
      },
      idRange: { base: firstId + number * 65_536, size: 65_536 },
      nics: [
        {
          name: 'eth0',
          hostName: `wd${this.host.mark}${id}0`,
          bridge,
          mac: `00:16:3e:00:00:${number.toString(16).padStart(2, '0')}`,
          mtu: undefined,
          ipv4: { address: `10.99.0.${number + 1}/20`, gateway: '10.99.0.1' },
          ipv6: { address: `fd99::${(number + 1).toString(16)}/64`, gateway: 'fd99::1' },
        },
      ],
    };
  }

  /** Ends the engine, if there is one, with these instances. */
  async close(engine?: CrunEngine, ...ids: InstanceId[]): Promise<void> {
    await closeGround(this.#ground, engine ?? (await this.engine()), ids);
  }
}

async function makeTree(root: string): Promise<void> {
  for (const folder of ['bin', 'sbin', 'dev', 'proc', 'sys', 'run', 'tmp', 'etc', 'root', 'home/user']) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  await copyFile('/bin/busybox', path.join(root, 'bin/busybox'));
  const links = [
    'cat',
    'chown',
    'df',
    'free',
    'grep',
    'hostname',
    'id',
    'ip',
    'kill',
    'ls',
    'mkdir',
    'mknod',
    'mount',
  ];
  links.push(
    'nproc',
    'nc',
    'ping',
    'ps',
    'readlink',
    'sh',
    'sleep',
    'stat',
    'stty',
    'touch',
    'true',
    'umount',
    'yes',
  );
  links.push(
    'poweroff',
    'reboot',
    'head',
    'wc',
    'seq',
    'dd',
    'tail',
    'setsid',
    'route',
    'test',
    'tty',
    'env',
    'rm',
  );
  for (const name of links) await symlink('busybox', path.join(root, 'bin', name));
  await writeFile(path.join(root, 'sbin/init'), init, { mode: 0o755 });
  await writeFile(
    path.join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n',
  );
}
