import { isIP } from 'node:net';
import type { ValueKind } from '../config/kinds.ts';

/** Where a proxy listens or connects. */
export type ProxyAddress = InternetAddress | UnixAddress;

export interface InternetAddress {
  kind: 'tcp' | 'udp';
  /** An IP address, without brackets. */
  host: string;
  /** In the order in which they were named: the first of one side belongs to the first of the other. */
  ports: number[];
}

export interface UnixAddress {
  kind: 'unix';
  /** An absolute path, or `@NAME`: a name that lies in no file system. */
  path: string;
}

const mostPort = 65_535;
/** What the kernel has room for, but for the zero that ends it. */
const mostPathBytes = 107;

export const proxyAddress: ValueKind<ProxyAddress> = {
  parse(text) {
    const [, kind = '', rest = ''] = /^(tcp|udp|unix):(.+)$/s.exec(text) ?? [];
    return kind === 'unix' ? parseUnix(rest) : parseInternet(kind, rest);
  },
  expects:
    'tcp:IP-ADDRESS:PORTS, udp:IP-ADDRESS:PORTS or unix:PATH, such as tcp:0.0.0.0:80,8000-8010 (ports 1 to 65535), ' +
    'tcp:[::1]:80, unix:/run/app.sock or unix:@name',
  examples: ['tcp:0.0.0.0:', 'tcp:127.0.0.1:', 'udp:0.0.0.0:', 'unix:/'],
};

function parseUnix(path: string): UnixAddress | undefined {
  const isSound = path.startsWith('/')
    ? !/\0|(^|\/)\.{1,2}(\/|$)|\/\/|\/$/.test(path)
    : /^@[^\0]+$/s.test(path);
  return isSound && Buffer.byteLength(path) <= mostPathBytes ? { kind: 'unix', path } : undefined;
}

function parseInternet(kind: string, text: string): InternetAddress | undefined {
  const [, bracketed, plain, list = ''] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(.+)$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const isAddress = isIP(host) === (bracketed === undefined ? 4 : 6) && !host.includes('%');
  const ports = parsePorts(list);
  if ((kind !== 'tcp' && kind !== 'udp') || !isAddress || !ports) return undefined;
  return { kind, host, ports };
}

/** `80,90-95`, each at most once. */
function parsePorts(text: string): number[] | undefined {
  if (!/^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/.test(text)) return undefined;
  const ports = new Set<number>();
  for (const part of text.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    if (first < 1 || last > mostPort || last < first) return undefined;
    for (let port = first; port <= last; port += 1) {
      if (ports.has(port)) return undefined;
      ports.add(port);
    }
  }
  return [...ports];
}

/** As people write it, with one port. */
export function formatEndpoint(kind: 'tcp' | 'udp', host: string, port: number): string {
  return `${kind}:${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
