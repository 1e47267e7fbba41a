import { HostPrograms } from '#host/process/host-programs.ts';
import type { Programs, RunResult, SpawnedProgram } from '#host/process/programs.ts';
import type { Sysctls } from '#host/network/sysctls.ts';
import { ProcSysctls } from '#host/network/sysctls.ts';
import { inNetworkNamespace } from '#host/sys/namespaces.ts';
import { TestNetwork } from '../../harness/netns.ts';

const host = new HostPrograms();

/** Programs that see the network of a namespace. */
export function programsInside(network: TestNetwork): Programs {
  return {
    run: (argv, options) => host.run(network.inside(argv), options),
    spawn: (argv, options) => host.spawn(network.inside(argv), options),
  };
}

/** The kernel's settings as a namespace has them. */
export function sysctlsInside(network: TestNetwork): Sysctls {
  const sysctls = new ProcSysctls();
  const inside = <T>(work: () => T): T => inNetworkNamespace(network.path, work);
  return {
    read: (key) => inside(() => sysctls.read(key)),
    write: (key, value) => inside(() => sysctls.write(key, value)),
    list: (folder) => inside(() => sysctls.list(folder)),
  };
}

/** A machine with one NIC, as a guest would have it: a namespace and a pair of links. */
export class TestGuest {
  readonly network: TestNetwork;
  readonly #programs: Programs;

  private constructor(network: TestNetwork) {
    this.network = network;
    this.#programs = programsInside(network);
  }

  /** Plugs a machine into `bridge` (or into nothing) of `home` by a link called `link`. */
  static async make(home: TestNetwork, link: string, mac: string, bridge?: string): Promise<TestGuest> {
    const guest = new TestGuest(await TestNetwork.make());
    const peer = `peer name eth0 address ${mac} netns ${guest.network.name}`;
    const lines = [`link add ${link} type veth ${peer}`];
    if (bridge) lines.push(`link set ${link} master ${bridge}`);
    lines.push(`link set ${link} up`);
    await host.run(home.inside(['ip', '-batch', '-']), { input: lines.join('\n') });
    return guest;
  }

  /** Lines for `ip -batch`. */
  async ip(...lines: string[]): Promise<void> {
    await this.#programs.run(['ip', '-batch', '-'], { input: lines.join('\n') });
  }

  /** Runs a program inside; whatever its exit status. */
  async try(...argv: string[]): Promise<RunResult> {
    return this.#programs.run(argv, { okExits: Array.from({ length: 256 }, (_, status) => status) });
  }

  /** Starts a program inside that goes on. */
  start(...argv: string[]): Promise<SpawnedProgram> {
    return this.#programs.spawn(argv);
  }

  async reaches(address: string, ...options: string[]): Promise<boolean> {
    const { exitCode } = await this.try('busybox', 'ping', '-c', '1', '-W', '1', ...options, address);
    return exitCode === 0;
  }

  remove(): Promise<void> {
    return this.network.remove();
  }
}
