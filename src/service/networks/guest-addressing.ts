import type { NicPlan } from '#engine/engine.ts';
import type { Subnet } from '#host/network/addresses.ts';
import { cidrOf, formatAddress, gatewayOf } from '#host/network/addresses.ts';
import type { NetworkNic, NetworkPlan } from '#host/network/bridge-network.ts';
import { interfaceIdentifier } from '#host/network/mac.ts';
import type { NetworkNames } from '#host/network/object-names.ts';
import { hostLinkName } from '#host/network/object-names.ts';
import type { Reservation } from './nic-index.ts';

/** One family of a network, in the notations that people and programs use. */
interface Side {
  subnet: Subnet;
  gateway: string;
}

/** What reservations amount to on this host: links, addresses with gateways. */
export class GuestAddressing {
  readonly ipv4: Side;
  readonly ipv6: Side | undefined;
  readonly #names: NetworkNames;

  constructor(names: NetworkNames, { ipv4, ipv6 }: NetworkPlan) {
    this.#names = names;
    this.ipv4 = sideOf(ipv4);
    this.ipv6 = ipv6 && sideOf(ipv6);
  }

  nic(reservation: Reservation): NetworkNic {
    const { instanceName: name, mac, ipv4 } = reservation;
    return {
      key: `${reservation.id}.${reservation.device}`,
      link: this.#linkOf(reservation),
      name,
      mac,
      ipv4,
      ipv6: this.ipv6 && autonomousAddress(this.ipv6, mac),
    };
  }

  plan(reservation: Reservation): NicPlan {
    const { device, mac, ipv4 } = reservation;
    return {
      name: device,
      hostName: this.#linkOf(reservation),
      bridge: this.#names.bridge,
      mac,
      mtu: undefined,
      ipv4: onSide(this.ipv4, ipv4),
      ipv6: this.ipv6 && onSide(this.ipv6, autonomousAddress(this.ipv6, mac)),
    };
  }

  #linkOf({ id, index }: Reservation): string {
    return hostLinkName(this.#names, id, index);
  }
}

const sideOf = (subnet: Subnet): Side => ({ subnet, gateway: gatewayOf(subnet) });

const onSide = ({ subnet, gateway }: Side, address: string) => ({
  address: cidrOf(address, subnet),
  gateway,
});

/** The address that a guest makes for itself of the network announced to it and its MAC. */
function autonomousAddress({ subnet }: Side, mac: string): string {
  return formatAddress(subnet.family, subnet.first | interfaceIdentifier(mac));
}
