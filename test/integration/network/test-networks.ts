import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { silentLogger } from '#base/logger.ts';
import type { NicPlan } from '#engine/engine.ts';
import { cgroupLayout, v2MountOf } from '#host/cgroup/layout.ts';
import { prepareCgroupMounts } from '#host/cgroup/private-mounts.ts';
import { readMounts } from '#host/mount/mountinfo.ts';
import { unmountBelow } from '#host/mount/unmount-below.ts';
import { BridgeNetwork } from '#host/network/bridge-network.ts';
import { networkNames } from '#host/network/object-names.ts';
import type { DropCounter } from '#host/network/ruleset.ts';
import { networksInUse } from '#host/network/subnets.ts';
import type { Programs } from '#host/process/programs.ts';
import { ManagedNetworks } from '#service/networks/managed-networks.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';
import { TestNetwork } from '../../harness/netns.ts';
import { programsInside, sysctlsInside, TestGuest } from './netns.ts';

interface Stores {
  shared: Store;
  node: Store;
}

export interface Launched {
  guest: TestGuest;
  plan: NicPlan;
}

/** A host's managed network in a namespace of its own, with guests to plug in. `remove` takes all of it away. */
export class TestNetworks {
  readonly home: TestNetwork;
  readonly programs: Programs;
  readonly folder: string;
  readonly names = networkNames(randomBytes(2).toString('hex'), false);
  networks: ManagedNetworks;
  readonly #cgroup: string;
  readonly #stores: Stores;
  readonly #guests: TestGuest[] = [];

  readonly #neighbour: TestNetworks | undefined;

  private constructor(home: TestNetwork, folder: string, stores: Stores, neighbour?: TestNetworks) {
    this.home = home;
    this.folder = folder;
    this.#cgroup = path.join(v2MountOf(cgroupLayout(readMounts()), folder), `test-${this.names.table}`);
    this.programs = programsInside(home);
    this.#stores = stores;
    this.#neighbour = neighbour;
    this.networks = this.#make();
  }

  /** `neighbour`: the network of another daemon on the same host. */
  static async open(neighbour?: TestNetworks): Promise<TestNetworks> {
    const folder = await mkdtemp('/var/tmp/wadah-net-');
    await chmod(folder, 0o755);
    await prepareCgroupMounts(folder);
    const stores = { shared: await openMemoryStore(), node: await openMemoryStore() };
    const home = neighbour?.home ?? (await TestNetwork.make());
    const test = new TestNetworks(home, folder, stores, neighbour);
    await test.networks.open();
    return test;
  }

  /** As after the daemon died and came back: nothing is left but the stores and the host. */
  async reopen(): Promise<void> {
    await this.networks.close();
    this.networks = this.#make();
    await this.networks.open();
  }

  /** Reserves, admits and plugs in the NIC of an instance, without addresses. */
  async plug(id: string, name: string): Promise<Launched> {
    const plan = await this.networks.reserve({ id, instanceName: name, device: 'eth0', index: 0 });
    await this.networks.admit(id, 'eth0');
    const guest = await TestGuest.make(this.home, plan.hostName, plan.mac, plan.bridge);
    this.#guests.push(guest);
    return { guest, plan };
  }

  /** The same, with its addresses and routes, as an engine would set them. */
  async launch(id: string, name: string): Promise<Launched> {
    const launched = await this.plug(id, name);
    const { guest, plan } = launched;
    await guest.ip(
      `address add ${plan.ipv4?.address} dev eth0`,
      `address add ${plan.ipv6?.address} dev eth0 nodad`,
      'link set eth0 up',
      `route add default via ${plan.ipv4?.gateway}`,
      `route add default via ${plan.ipv6?.gateway}`,
    );
    return launched;
  }

  /** A machine somewhere else, which the host reaches by a link of its own and which knows no way back to guests. */
  async elsewhere(): Promise<TestGuest> {
    const guest = await TestGuest.make(this.home, 'uplink', '02:00:00:00:00:02');
    this.#guests.push(guest);
    const lines = ['address add 198.51.100.1/24 dev uplink', 'address add 2001:db8::1/64 dev uplink nodad'];
    await this.programs.run(['ip', '-batch', '-'], { input: lines.join('\n') });
    await guest.ip(
      'address add 198.51.100.2/24 dev eth0',
      'address add 2001:db8::2/64 dev eth0 nodad',
      'link set eth0 up',
    );
    return guest;
  }

  /** How many packets of guests were dropped for that reason. */
  async dropped(counter: DropCounter): Promise<number> {
    const argv = ['nft', '-j', 'list', 'counter', 'bridge', this.names.table, `dropped_${counter}`];
    const { nftables } = JSON.parse((await this.programs.run(argv)).stdout) as {
      nftables: { counter?: { packets: number } }[];
    };
    return nftables.find((entry) => entry.counter)?.counter?.packets ?? 0;
  }

  /** Pids of what serves names and addresses, one a line. */
  dnsmasq(): string {
    return readFileSync(path.join(this.#cgroup, 'dnsmasq/cgroup.procs'), 'utf8').trim();
  }

  async remove(): Promise<void> {
    await this.networks.remove();
    for (const guest of this.#guests) await guest.remove();
    if (!this.#neighbour) await this.home.remove();
    await rmdir(this.#cgroup);
    await unmountBelow(this.folder);
    await rm(this.folder, { recursive: true });
  }

  bridgeNetwork(): BridgeNetwork {
    const { programs, names, folder } = this;
    return new BridgeNetwork({
      programs,
      sysctls: sysctlsInside(this.home),
      logger: silentLogger,
      names,
      runFolder: path.join(folder, 'run'),
      sysctlFolder: path.join(this.#neighbour?.folder ?? folder, 'sysctl'),
      leaseFile: path.join(folder, 'leases'),
      leaf: path.join(this.#cgroup, 'dnsmasq'),
    });
  }

  #make(): ManagedNetworks {
    return new ManagedNetworks({
      sharedStore: this.#stores.shared,
      nodeStore: this.#stores.node,
      claims: { claimSubnet: (choose) => choose([]) },
      network: this.bridgeNetwork(),
      networksInUse: () => networksInUse(this.programs, this.names.bridge),
      logger: silentLogger,
    });
  }
}
