import { findForeignFirewalls } from '../network/foreign-firewalls.ts';
import { type Check, note, ok, problem, warning } from './check.ts';
import type { HostView } from './host-view.ts';

/**
 * Asks the kernel for something in a network namespace that ends with the program that asks. Resolves to why it is
 * refused; to `undefined` where it is not.
 */
async function refusalOf(
  { programs, findProgram }: HostView,
  argv: readonly string[],
): Promise<string | undefined> {
  const [program = '', ...args] = argv;
  const { exitCode, stderr } = await programs.run(['unshare', '--net', findProgram(program), ...args], {
    okExits: [1, 2, 255],
    purpose: 'see what the kernel can do, in a network namespace of its own',
  });
  return exitCode === 0 ? undefined : stderr.trim();
}

interface KernelPart {
  name: string;
  what: string;
  argv: readonly string[];
  module: string;
  meaning: string;
}

const parts: readonly KernelPart[] = [
  {
    name: 'bridge',
    what: 'bridges',
    argv: ['ip', 'link', 'add', 'name', 'probe', 'type', 'bridge'],
    module: 'bridge',
    meaning: 'The daemon does not start: its network is a bridge.',
  },
  {
    name: 'veth',
    what: 'veth links',
    argv: ['ip', 'link', 'add', 'name', 'probe', 'type', 'veth', 'peer', 'name', 'other'],
    module: 'veth',
    meaning: 'Containers do not start with a network card.',
  },
  {
    name: 'nftables',
    what: 'nftables with address translation',
    argv: [
      'nft',
      'add table inet probe; add chain inet probe nat { type nat hook postrouting priority srcnat; }',
    ],
    module: 'nf_tables',
    meaning: 'The daemon does not start: it guards and translates the addresses of instances with nftables.',
  },
];

const partCheck = ({ name, what, argv, module, meaning }: KernelPart): Check => ({
  name,
  area: 'network',
  about: `whether the kernel has ${what}; tried in a network namespace that is gone at once`,
  meaning,
  remedy: `modprobe ${module}; where that fails, install a kernel with it`,
  needsRoot: true,
  async run(host) {
    const refusal = await refusalOf(host, argv);
    return refusal === undefined
      ? ok(`The kernel has ${what}`)
      : problem(`The kernel refuses ${what}: ${refusal}`);
  },
});

const firewalls: Check = {
  name: 'firewalls',
  area: 'network',
  about: 'whether other firewalls (Docker, ufw, firewalld, rules of your own) let instances through',
  meaning: 'A packet must pass every table of rules. Nothing of others is touched.',
  remedy: 'The command that lets the daemon’s bridge through the one that it names',
  needsRoot: true,
  async run({ programs, sysctls, bridge }) {
    const found = await findForeignFirewalls(programs, sysctls, bridge);
    if (found.length === 0) return ok(`None stands in the way of ${bridge}`);
    return found.map(({ harm, remedy }) => warning(harm, { remedy }));
  },
};

/** Port 53 on all addresses, in the words of /proc/net/udp and udp6. */
const anyAddress = /^\s*\d+: (00000000|0{32}):0035 /m;

const dnsPort: Check = {
  name: 'dns-port',
  area: 'network',
  about: 'whether another DNS server takes port 53 of every address',
  meaning: 'The daemon’s own cannot serve names on its bridge, and the daemon may not start.',
  remedy:
    'Bind the other one to certain addresses, or keep it off the bridge; ss -lunp sport = :53 shows it.',
  isCheap: true,
  run: ({ read }) =>
    ['/proc/self/net/udp', '/proc/self/net/udp6'].some((file) => anyAddress.test(read(file) ?? ''))
      ? warning('Another DNS server has port 53 of every address')
      : ok('Nobody has port 53 of every address'),
};

const ipv6: Check = {
  name: 'ipv6',
  area: 'network',
  about: 'whether this host has IPv6',
  meaning: 'Instances have IPv4 only.',
  remedy: 'sysctl -w net.ipv6.conf.all.disable_ipv6=0, then start the daemon anew',
  isCheap: true,
  run({ sysctls }) {
    const value = sysctls.read('net/ipv6/conf/all/disable_ipv6');
    if (value === undefined)
      return note('This kernel has no IPv6', { remedy: 'Install a kernel with CONFIG_IPV6.' });
    return value === '0' ? ok('It is on') : note('IPv6 is switched off on this host');
  },
};

export const networkChecks: readonly Check[] = [...parts.map(partCheck), firewalls, dnsPort, ipv6];
