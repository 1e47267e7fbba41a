/** What guests append to each other's names. */
export const guestDomain = 'wadah';

export interface DnsmasqPlan {
  bridge: string;
  /** The guests' network, in CIDR form. */
  ipv4: string;
  hasIpv6: boolean;
  user: string;
}

export interface DnsmasqPaths {
  leaseFile: string;
  /** One file for each NIC, which dnsmasq notices by itself: names to addresses. */
  hostsFolder: string;
  /** The same for DHCP: MACs to addresses. Noticed when they appear, not when they change or go. */
  dhcpFolder: string;
}

/** The configuration of a network's dnsmasq: names and addresses for guests that we know, nothing for others. */
export function renderDnsmasqConfig(plan: DnsmasqPlan, paths: DnsmasqPaths): string {
  const { bridge, ipv4, hasIpv6 } = plan;
  const lines = [
    `user=${plan.user}`,
    'pid-file=',

    '# On the bridge and nowhere else, beside any other DNS or DHCP server of the host',
    `interface=${bridge}`,
    'except-interface=lo',
    'bind-interfaces',

    '# Names of guests come from our files alone; everything else goes to the servers that the host itself asks',
    'no-hosts',
    `hostsdir=${paths.hostsFolder}`,
    `domain=${guestDomain},${ipv4},local`,
    `local=/${guestDomain}/`,
    `interface-name=_gateway.${guestDomain},${bridge}`,
    'domain-needed',
    'cache-size=1000',

    '# Each known MAC gets its own address. A guest cannot choose its name: it might take that of another one',
    `dhcp-range=${ipv4.split('/')[0]},static,1h`,
    `dhcp-hostsdir=${paths.dhcpFolder}`,
    `dhcp-leasefile=${paths.leaseFile}`,
    `dhcp-option=option:domain-search,${guestDomain}`,
    'dhcp-ignore-names',
    'dhcp-authoritative',
    'dhcp-rapid-commit',
    'dhcp-no-override',
    'dhcp-lease-max=100000',
    'no-ping',
    'quiet-dhcp',
    ...(hasIpv6 ? ipv6Lines(bridge) : []),
    '',
  ];
  return lines.join('\n');
}

function ipv6Lines(bridge: string): string[] {
  return [
    '# Guests make their IPv6 address of the announced network and their MAC; we can tell which one that is',
    'enable-ra',
    `dhcp-range=::,constructor:${bridge},ra-stateless,64,1h`,
    `dhcp-option=option6:domain-search,${guestDomain}`,
    'quiet-dhcp6',
    'quiet-ra',
  ];
}
