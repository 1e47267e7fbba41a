import type { Logger } from '#base/logger.ts';
import type { NicPlan } from '#engine/engine.ts';
import type { Subnet } from '#host/network/addresses.ts';
import { cidrOf, formatSubnet } from '#host/network/addresses.ts';
import type { BridgeNetwork, NetworkNic, NetworkPlan } from '#host/network/bridge-network.ts';
import { guestDomain } from '#host/network/dnsmasq-config.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import type { Store } from '#store/store.ts';
import { chooseNic, isInside } from './choose-nic.ts';
import { GuestAddressing } from './guest-addressing.ts';
import type { Networks, NicRequest } from './networks.ts';
import type { Reservation } from './nic-index.ts';
import type { SubnetClaims } from './remembered-network.ts';
import { rememberNetwork } from './remembered-network.ts';
import { Reservations } from './reservations.ts';

export interface ManagedNetworksDeps {
  /** Holds reservations, which travel with their instances. */
  sharedStore: Store;
  /** Holds this host's networks. */
  nodeStore: Store;
  claims: SubnetClaims;
  network: Pick<BridgeNetwork, keyof BridgeNetwork>;
  /** Networks that the host has or knows a way to. */
  networksInUse(): Promise<Subnet[]>;
  logger: Logger;
}

/** The one managed bridge of this host and what instances have on it. */
export class ManagedNetworks implements Networks {
  readonly #deps: ManagedNetworksDeps;
  readonly #reservations: Reservations;
  #addressing: GuestAddressing | undefined;

  constructor(deps: ManagedNetworksDeps) {
    this.#deps = deps;
    this.#reservations = new Reservations(deps.sharedStore);
  }

  async open(): Promise<void> {
    const { network, nodeStore, claims, networksInUse, logger } = this.#deps;
    await this.#reservations.load();
    const reserved = this.#reservations.index.all();
    const { ipv4, ipv6 } = await rememberNetwork(nodeStore, claims, network.names.bridge, {
      onBridge: await network.addresses(),
      reserved: reserved.map((nic) => nic.ipv4),
      inUse: networksInUse,
    });
    const plan = { ipv4, ipv6: network.hasIpv6() ? ipv6 : undefined };
    const addressing = new GuestAddressing(network.names, plan);
    const changes = await network.open(
      plan,
      reserved.map((nic) => addressing.nic(nic)),
    );
    this.#addressing = addressing;
    if (changes.length > 0) logger.info({ changes }, `Changed settings of the host: ${changes.join(', ')}`);
    await this.#warn(reserved, plan);
  }

  async close(): Promise<void> {
    await this.#deps.network.close();
  }

  async remove(): Promise<void> {
    await this.#deps.network.remove();
  }

  async reserve(request: NicRequest): Promise<NicPlan> {
    const { network } = this.#deps;
    const addressing = this.#requireOpen();
    const before = this.#reservations.index.find(request);
    if (before && network.isAdmitted(addressing.nic(before).link)) {
      // The guest runs with what it has: a new wish is checked now and granted at the next start.
      chooseNic(request, this.#reservations.index, addressing.ipv4.subnet);
      return addressing.plan(before);
    }
    const reservation = await this.#reservations.reserve(request, addressing.ipv4.subnet);
    await network.announce(addressing.nic(reservation));
    return addressing.plan(reservation);
  }

  find(id: InstanceId, device: string): NicPlan | undefined {
    const reservation = this.#reservations.index.find({ id, device });
    return reservation && this.#requireOpen().plan(reservation);
  }

  devicesOf(id: InstanceId): string[] {
    return this.#reservations.index.of(id).map(({ device }) => device);
  }

  async admit(id: InstanceId, device: string): Promise<void> {
    const nic = this.#nic(id, device);
    if (!nic) throw new Fault('not-found', `NIC "${device}" of instance ${id} has no addresses`);
    await this.#deps.network.admit(nic);
  }

  async dismiss(id: InstanceId, device: string): Promise<void> {
    const nic = this.#nic(id, device);
    if (nic) await this.#deps.network.dismiss(nic.link);
  }

  async release(id: InstanceId, device: string): Promise<void> {
    const nic = this.#nic(id, device);
    if (!nic) return;
    await this.#deps.network.dismiss(nic.link);
    await this.#deps.network.withdraw(nic.key);
    await this.#reservations.release({ id, device });
  }

  async rename(id: InstanceId, name: string): Promise<void> {
    await this.#reservations.rename(id, name);
    for (const device of this.devicesOf(id)) {
      const nic = this.#nic(id, device);
      if (nic) await this.#deps.network.announce(nic);
    }
  }

  resolver(): { nameservers: string[]; search: string } {
    const { ipv4, ipv6 } = this.#requireOpen();
    return { nameservers: [ipv4, ipv6].flatMap((side) => side?.gateway ?? []), search: guestDomain };
  }

  bridge(): { name: string; ipv4: string | undefined; ipv6: string | undefined } {
    const { ipv4, ipv6 } = this.#requireOpen();
    return {
      name: this.#deps.network.names.bridge,
      ipv4: cidrOf(ipv4.gateway, ipv4.subnet),
      ipv6: ipv6 && cidrOf(ipv6.gateway, ipv6.subnet),
    };
  }

  async #warn(reserved: readonly Reservation[], { ipv4 }: NetworkPlan): Promise<void> {
    const { network, logger } = this.#deps;
    const strange = reserved
      .filter((nic) => !isInside(ipv4, nic.ipv4))
      .map(({ instanceName }) => instanceName);
    if (strange.length > 0) {
      const names = [...new Set(strange)].join(', ');
      logger.warn(
        {},
        `The network is now ${formatSubnet(ipv4)}; new addresses at their next start: ${names}`,
      );
    }
    for (const obstacle of await network.obstacles()) logger.warn({}, obstacle);
  }

  #nic(id: InstanceId, device: string): NetworkNic | undefined {
    const reservation = this.#reservations.index.find({ id, device });
    return reservation && this.#requireOpen().nic(reservation);
  }

  #requireOpen(): GuestAddressing {
    if (this.#addressing) return this.#addressing;
    throw new Fault('unavailable', 'The network is not up yet', { hint: 'Try again in a moment.' });
  }
}
