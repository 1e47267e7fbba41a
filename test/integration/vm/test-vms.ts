import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Logger, silentLogger } from '#base/logger.ts';
import type { RunPlan } from '#engine/engine.ts';
import { testPlan } from '#engine/test-plan.ts';
import { type Accelerator, emulation } from '#engine/vm/acceleration.ts';
import type { GuestAccess } from '#engine/vm/guest-access.ts';
import { QemuEngine } from '#engine/vm/qemu-engine.ts';
import type { VmHost } from '#engine/vm/vm-host.ts';
import { tinyrom } from '#host/kvm/tinyrom.ts';
import { Fault } from '#model/fault.ts';
import type { Config, InstanceId } from '#model/instance.ts';
import { closeGround, type EngineGround, openGround } from '../../harness/engine-ground.ts';
import { cachedImage } from '../../harness/images.ts';

const firstId = 0x71000000; // far from what a daemon on this host would take
const bridge = 'wdvmbr0';
const MiB = 2 ** 20;

/** For guests in which nothing can be run. */
export const noAccess: GuestAccess = {
  open: () => ({
    exec: () => Promise.reject(new Fault('unavailable', 'This guest runs no programs')),
    restart() {},
    close() {},
  }),
};

/** What virtual machines stand on, for tests: a ground, and what they boot. */
export class TestVms {
  readonly host: Omit<VmHost, 'acceleration' | 'guestAccess'>;
  readonly folder: string;
  /** As what the next guest runs. */
  accelerator: Accelerator = emulation;
  readonly #ground: EngineGround;

  private constructor(host: TestVms['host'], ground: EngineGround) {
    this.host = host;
    this.folder = ground.folder;
    this.#ground = ground;
  }

  static async open({
    boots = 'kernels',
    logger = silentLogger,
  }: {
    boots?: 'tinyrom' | 'kernels';
    logger?: Logger;
  } = {}): Promise<TestVms> {
    // Kernels are those of the image; to build it takes the network that this process leaves.
    if (boots === 'kernels') await cachedImage('debian/12');
    const ground = await openGround(bridge, ['10.98.0.1/20']);
    const { run, programs, proxies } = ground;
    const { cgroups, placement } = ground.groups;
    const firmware = path.join(run, 'tinyrom.bin');
    await writeFile(firmware, tinyrom());
    const host = { run, programs, cgroups, placement, proxies, logger };
    return new TestVms(boots === 'tinyrom' ? { ...host, firmware } : host, ground);
  }

  /** Another engine object on the same host, as each daemon makes one. */
  async engine(guestAccess = noAccess): Promise<QemuEngine> {
    const acceleration = { choose: async () => this.accelerator };
    const engine = new QemuEngine({ ...this.host, acceleration, guestAccess });
    await engine.open();
    return engine;
  }

  /** A machine with an empty disk of 64 MiB on a base, and a NIC. `number` makes it differ from others. */
  async plan(
    id: InstanceId,
    { number = 1, config = {} }: { number?: number; config?: Config } = {},
  ): Promise<RunPlan> {
    const disk = path.join(this.folder, `${id}.qcow2`);
    const base = path.join(this.folder, `${id}.base`);
    await this.host.programs.run(['qemu-img', 'create', '-q', '-f', 'raw', base, String(64 * MiB)]);
    await this.host.programs.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', 'raw', disk]);
    return {
      ...testPlan(id, { 'limits.memory': '64MiB', ...config }),
      name: `guest${number}`,
      root: {
        kind: 'disk',
        path: disk,
        format: 'qcow2',
        base: { path: base, format: 'raw' },
        sizeBytes: undefined,
      },
      idRange: { base: firstId + number * 65_536, size: 65_536 },
      nics: [
        {
          name: 'eth0',
          hostName: `wdvm${number}`,
          bridge,
          mac: `00:16:3e:01:00:${number.toString(16).padStart(2, '0')}`,
          mtu: undefined,
          ipv4: { address: `10.98.0.${number + 1}/20`, gateway: '10.98.0.1' },
          ipv6: undefined,
        },
      ],
    };
  }

  /** Throws when the disk is damaged. */
  async checkDisk({ root }: RunPlan): Promise<void> {
    if (root.kind === 'disk') await this.host.programs.run(['qemu-img', 'check', root.path]);
  }

  /** Ends the engine, if there is one, with these instances. */
  async close(engine?: QemuEngine, ...ids: InstanceId[]): Promise<void> {
    await closeGround(this.#ground, engine ?? (await this.engine()), ids);
  }
}
