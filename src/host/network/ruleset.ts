import { parseAddress } from './addresses.ts';

/** The NIC of a running guest: what it may call itself. */
export interface GuestNic {
  /** Name of the host's end. */
  link: string;
  mac: string;
  ipv4: string;
  /** Its global address and the one for the link only. */
  ipv6: readonly string[];
}

export interface RulesetPlan {
  table: string;
  linkPrefix: string;
  /** The guests' networks, in CIDR form. */
  ipv4: string;
  ipv6: string | undefined;
}

/** Sets of the table that guards the bridge, with the type of their elements. */
const sets = {
  macs: 'type ifname . ether_addr',
  ipv4: 'type ifname . ether_addr . ipv4_addr',
  ipv6: 'type ifname . ether_addr . ipv6_addr',
  // The addresses of ipv6 once more, as the numbers that a raw match (see below) is compared with.
  targets: 'typeof iifname . ether saddr . @th,64,128',
} as const;

type SetName = keyof typeof sets;

/** Why packets of guests are dropped; each has a counter of this name. */
const dropCounters = ['mac', 'ipv4', 'arp', 'ipv6', 'server', 'protocol'] as const;
export type DropCounter = (typeof dropCounters)[number];

/** Both tables, made anew with these guests in one transaction: no packet sees a state between. */
export function renderRuleset(plan: RulesetPlan, guests: readonly GuestNic[]): string {
  return [
    renderRemoval(plan.table),
    renderTranslation(plan),
    renderGuard(plan),
    ...renderElements('add', plan.table, guests),
    '',
  ].join('\n');
}

/** Removes both tables; succeeds when they are not there, because it makes them first. */
export function renderRemoval(table: string): string {
  return ['inet', 'bridge']
    .flatMap((family) => [`add table ${family} ${table}`, `delete table ${family} ${table}`, ''])
    .join('\n');
}

/** Lines that add guests to the sets, or take them out; what is in a set already, or not any more, is no error. */
export function renderElements(
  action: 'add' | 'delete',
  table: string,
  guests: readonly GuestNic[],
): string[] {
  if (guests.length === 0) return [];
  const lines = (verb: string) =>
    Object.entries(elementsOf(guests)).map(
      ([set, elements]) => `${verb} element bridge ${table} ${set} { ${elements.join(', ')} }`,
    );
  // Deleting an element that is not there fails; adding one that is there does not.
  return action === 'add' ? lines('add') : [...lines('add'), ...lines('delete')];
}

function elementsOf(guests: readonly GuestNic[]): Record<SetName, string[]> {
  const v6 = guests.flatMap(({ link, mac, ipv6 }) =>
    ipv6.map((address) => ({ owner: `"${link}" . ${mac}`, address })),
  );
  return {
    macs: guests.map(({ link, mac }) => `"${link}" . ${mac}`),
    ipv4: guests.map(({ link, mac, ipv4 }) => `"${link}" . ${mac} . ${ipv4}`),
    ipv6: v6.map(({ owner, address }) => `${owner} . ${address}`),
    targets: v6.map(({ owner, address }) => `${owner} . ${asNumber(address)}`),
  };
}

/** The address as nft's grammar for plain numbers wants it. */
function asNumber(address: string): string {
  return `0x${(parseAddress(address)?.value ?? 0n).toString(16).padStart(32, '0')}`;
}

/**
 * Guests reach other networks under the host's addresses. There are no rules that accept: in nftables a packet
 * must pass every table, so nothing said here could overrule another table that drops.
 */
function renderTranslation({ table, ipv4, ipv6 }: RulesetPlan): string {
  const rules = [`ip saddr ${ipv4} ip daddr != ${ipv4} masquerade`];
  if (ipv6 !== undefined) rules.push(`ip6 saddr ${ipv6} ip6 daddr != ${ipv6} masquerade`);
  return `
table inet ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ${rules.join('\n    ')}
  }
}`;
}

const drop = (counter: DropCounter): string => `counter name dropped_${counter} drop`;

/**
 * Whatever a guest sends must bear its own MAC and addresses, and be nothing that only the host may say: DHCP
 * answers, router advertisements. What is neither IP nor ARP is dropped, tagged frames and spanning tree too.
 */
function renderGuard({ table, linkPrefix }: RulesetPlan): string {
  return `
table bridge ${table} {
${Object.entries(sets)
  .map(([name, type]) => `  set ${name} { ${type}; }`)
  .join('\n')}
${dropCounters.map((name) => `  counter dropped_${name} { }`).join('\n')}
  chain from_arp {
    arp saddr ip 0.0.0.0 iifname . arp saddr ether @macs accept comment "is my address free?"
    iifname . arp saddr ether . arp saddr ip @ipv4 accept
    ${drop('arp')}
  }
  chain from_ipv4 {
    ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept comment "DHCP discovery"
    iifname . ether saddr . ip saddr != @ipv4 ${drop('ipv4')}
    udp sport 67 udp dport 68 ${drop('server')}
    accept
  }
  chain from_ipv6 {
    icmpv6 type { nd-router-advert, nd-redirect } ${drop('server')}
    udp sport 547 udp dport 546 ${drop('server')}
    ip6 saddr :: icmpv6 type nd-neighbor-solicit iifname . ether saddr . @th,64,128 @targets accept
    ip6 saddr :: icmpv6 type { nd-router-solicit, mld-listener-report, mld2-listener-report } accept
    iifname . ether saddr . ip6 saddr != @ipv6 ${drop('ipv6')}
    icmpv6 type nd-neighbor-advert iifname . ether saddr . @th,64,128 != @targets ${drop('ipv6')}
    accept
  }
  chain from_guest {
    iifname . ether saddr != @macs ${drop('mac')}
    ether type vmap { arp : goto from_arp, ip : goto from_ipv4, ip6 : goto from_ipv6 }
    ${drop('protocol')}
  }
  chain prerouting {
    type filter hook prerouting priority dstnat; policy accept;
    iifname "${linkPrefix}*" goto from_guest
  }
}`;
}
