import { randomBytes } from 'node:crypto';
import type { Subnet } from '#host/network/addresses.ts';
import { formatSubnet, overlaps, parseSubnet, subnetAround } from '#host/network/addresses.ts';
import { chooseSubnet, guestNetworkAround } from '#host/network/subnets.ts';
import type { Store } from '#store/store.ts';

/** Networks of a bridge, as the node store keeps them. */
export interface RememberedNetwork {
  /** In CIDR form. */
  ipv4: string;
  ipv6: string;
}

/** Keeps daemons of one host out of each other's networks. */
export interface SubnetClaims {
  /**
   * Claims the network, in CIDR form, that `choose` picks, in place of the one claimed before. No other daemon
   * claims anything meanwhile; `choose` hears which ones the others have.
   */
  claimSubnet(choose: (others: readonly string[]) => Promise<string>): Promise<string>;
}

export interface NetworkHints {
  /** Addresses that the bridge has on the host, in CIDR form. */
  onBridge: readonly string[];
  /** Addresses that NICs have. */
  reserved: readonly string[];
  /** Networks that the host has or knows a way to. */
  inUse(): Promise<Subnet[]>;
}

const key = (bridge: string): string => `network/${bridge}`;

/**
 * The networks of a bridge: those that it had before, as far as anything still knows them, or else free ones.
 * Throws `insufficient` when this host's routes cover every private network.
 */
export async function rememberNetwork(
  store: Store,
  claims: SubnetClaims,
  bridge: string,
  hints: NetworkHints,
): Promise<{ ipv4: Subnet; ipv6: Subnet }> {
  const before = (await store.get<RememberedNetwork>(key(bridge)))?.value;
  const known = parseAll([before?.ipv4 ?? '', before?.ipv6 ?? '', ...hints.onBridge]);
  const ipv6 = known.find(({ family }) => family === 6) ?? newUniqueLocal();
  const knownIpv4 = known.filter(({ family }) => family === 4);
  const claimed = await claims.claimSubnet(async (others) =>
    formatSubnet(await pickIpv4(knownIpv4, hints, parseAll(others))),
  );
  const value: RememberedNetwork = { ipv4: claimed, ipv6: formatSubnet(ipv6) };
  await store.transact({ writes: [{ put: key(bridge), value }] });
  return { ipv4: parseSubnet(claimed) as Subnet, ipv6 };
}

async function pickIpv4(
  known: readonly Subnet[],
  hints: NetworkHints,
  others: readonly Subnet[],
): Promise<Subnet> {
  const isFree = (taken: readonly Subnet[]) => (subnet: Subnet) =>
    !taken.some((range) => overlaps(range, subnet));
  const kept = known.find(isFree(others));
  if (kept) return kept;
  const taken = [...others, ...(await hints.inUse())];
  const held = hints.reserved.flatMap((address) => guestNetworkAround(address) ?? []);
  // By chance, so that the networks of two hosts can be joined some day.
  return held.find(isFree(taken)) ?? chooseSubnet(taken, randomBytes(8).readBigUInt64BE());
}

const parseAll = (texts: readonly string[]): Subnet[] => texts.flatMap((text) => parseSubnet(text) ?? []);

/** A network for local use that nobody else has, as RFC 4193 wants it: 40 bits by chance. */
function newUniqueLocal(): Subnet {
  const chance = BigInt(`0x${randomBytes(5).toString('hex')}`);
  return subnetAround(6, ((0xfdn << 40n) | chance) << 80n, 64);
}
