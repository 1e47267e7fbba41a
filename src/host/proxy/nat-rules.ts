import { isIP } from 'node:net';
import type { Forward, InternetAddress } from '#model/device.ts';

/**
 * The tables of instances have their names from the mark and the id. Made anew in one transaction: connections that go
 * on are remembered by the kernel apart from the rules.
 */
export function renderNat(table: string, forwards: readonly Forward[], addresses: readonly string[]): string {
  const rules = forwards.flatMap(translation);
  return [
    renderNoNat(table),
    `table inet ${table} {`,
    ...chain('prerouting', 'hook prerouting priority dstnat', rules),
    ...chain('output', 'hook output priority -100', rules),
    ...chain('postrouting', 'hook postrouting priority srcnat', addresses.map(answersThroughHost)),
    '}',
    '',
  ].join('\n');
}

/** Succeeds when it is not there, because it makes it first. */
export const renderNoNat = (table: string): string => `add table inet ${table}\ndelete table inet ${table}\n`;

const chain = (name: string, hook: string, rules: readonly string[]): string[] => [
  `  chain ${name} {`,
  `    type nat ${hook}; policy accept;`,
  ...rules.map((rule) => `    ${rule}`),
  '  }',
];

function translation({ listen, connect }: Forward): string[] {
  if (listen.kind === 'unix' || connect.kind === 'unix') return [];
  const family = isIP(listen.host) === 6 ? 'ip6' : 'ip';
  const port = `${listen.kind} dport`;
  const target = isIP(connect.host) === 6 ? `[${connect.host}]` : connect.host;
  const ports = targetPorts(listen, connect);
  return [
    `${destination(family, listen.host)} ${port} { ${listen.ports.join(', ')} } dnat ${family} to ${target}${ports === '' ? '' : ` : ${ports}`}`,
  ];
}

/** The host's own; what it says to itself through its loopback cannot be led elsewhere. */
function destination(family: 'ip' | 'ip6', host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return `${family} daddr ${host}`;
  return `${family} daddr != ${family === 'ip' ? '127.0.0.0/8' : '::1'} fib daddr type local`;
}

/** Nothing where each port stays what it is. */
function targetPorts(listen: InternetAddress, connect: InternetAddress): string {
  const [only] = connect.ports;
  if (connect.ports.length === 1) return listen.ports.every((port) => port === only) ? '' : String(only);
  if (listen.ports.every((port, index) => port === connect.ports[index])) return '';
  const pairs = listen.ports.map((port, index) => `${port} : ${connect.ports[index]}`);
  return `${listen.kind} dport map { ${pairs.join(', ')} }`;
}

/** Neighbours would be answered directly, by an address that they have not asked. */
function answersThroughHost(cidr: string): string {
  const [address = ''] = cidr.split('/');
  const family = isIP(address) === 6 ? 'ip6' : 'ip';
  return `ct status dnat ${family} saddr ${cidr} ${family} daddr ${address} masquerade`;
}
