import ipaddr from 'ipaddr.js';
import { align, type RouteRequest } from '../sys/netlink.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const NLA_F_NESTED = 0x8000;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_STATS64 = 23;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;

const AF_INET = 2;
const AF_INET6 = 10;
const IFF_UP = 1;
const IFF_LOWER_UP = 0x10000;
/** Nobody else has it: no need to ask around for a second before it may be used. */
const IFA_F_NODAD = 0x02;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RTN_UNICAST = 1;
const ifinfoBytes = 16;

export interface VethPair {
  hostName: string;
  /** Link number of the bridge that the host's end joins. */
  bridge: number;
  mtu: number | undefined;
  guest: { name: string; mac: string; namespaceFd: number };
}

/** Makes both ends in one step: the host's one up and in the bridge, the other inside, still down. */
export function newVeth({ hostName, bridge, mtu, guest }: VethPair): RouteRequest {
  const size = mtu === undefined ? [] : [attribute(IFLA_MTU, u32(mtu))];
  const peer = [
    ifinfo({}),
    attribute(IFLA_IFNAME, text(guest.name)),
    attribute(IFLA_ADDRESS, macBytes(guest.mac)),
    attribute(IFLA_NET_NS_FD, u32(guest.namespaceFd)),
    ...size,
  ];
  const veth = nest(IFLA_INFO_DATA, nest(VETH_INFO_PEER, ...peer));
  const body = Buffer.concat([
    ifinfo({ flags: IFF_UP, change: IFF_UP }),
    attribute(IFLA_IFNAME, text(hostName)),
    attribute(IFLA_MASTER, u32(bridge)),
    ...size,
    nest(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, text('veth')), veth),
  ]);
  return { type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, body, object: `link ${hostName}` };
}

export const deleteLink = (name: string): RouteRequest => ({
  type: RTM_DELLINK,
  body: Buffer.concat([ifinfo({}), attribute(IFLA_IFNAME, text(name))]),
  object: `link ${name}`,
});

export const linkUp = (index: number): RouteRequest => ({
  type: RTM_NEWLINK,
  body: ifinfo({ index, flags: IFF_UP, change: IFF_UP }),
  object: `link ${index}`,
});

/** Switches a link on, as a port of the bridge. */
export const joinBridge = (index: number, bridge: number, mtu: number | undefined): RouteRequest => ({
  type: RTM_NEWLINK,
  body: Buffer.concat([
    ifinfo({ index, flags: IFF_UP, change: IFF_UP }),
    attribute(IFLA_MASTER, u32(bridge)),
    ...(mtu === undefined ? [] : [attribute(IFLA_MTU, u32(mtu))]),
  ]),
  object: `link ${index}`,
});

/** `address`: in CIDR form, of either family. Throws on a malformed one. */
export function newAddress(link: number, address: string): RouteRequest {
  const [ip, prefix] = ipaddr.parseCIDR(address);
  const bytes = Buffer.from(ip.toByteArray());
  const isIpv4 = ip.kind() === 'ipv4';
  const header = Buffer.from([isIpv4 ? AF_INET : AF_INET6, prefix, IFA_F_NODAD, 0]);
  const broadcast = isIpv4 ? [attribute(IFA_BROADCAST, broadcastOf(bytes, prefix))] : [];
  return {
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body: Buffer.concat([
      header,
      u32(link),
      attribute(IFA_LOCAL, bytes),
      attribute(IFA_ADDRESS, bytes),
      ...broadcast,
    ]),
    object: `address ${address}`,
  };
}

/** Of several default routes that with the lowest metric is taken; without one, the kernel's own. */
export function newDefaultRoute(link: number, gateway: string, metric?: number): RouteRequest {
  const bytes = Buffer.from(ipaddr.parse(gateway).toByteArray());
  const family = bytes.length === 4 ? AF_INET : AF_INET6;
  const header = Buffer.alloc(12); // struct rtmsg
  header.set([family, 0, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, 0, RTN_UNICAST]);
  return {
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body: Buffer.concat([
      header,
      attribute(RTA_GATEWAY, bytes),
      attribute(RTA_OIF, u32(link)),
      ...(metric === undefined ? [] : [attribute(RTA_PRIORITY, u32(metric))]),
    ]),
    object: `default route by ${gateway}`,
  };
}

export const getLink = (name: string): RouteRequest => ({
  type: RTM_GETLINK,
  body: Buffer.concat([ifinfo({}), attribute(IFLA_IFNAME, text(name))]),
  object: `link ${name}`,
});

export interface LinkReport {
  mtu: number;
  /** Switched on, and so is the other end. */
  isUp: boolean;
  receivedBytes: number;
  receivedPackets: number;
  sentBytes: number;
  sentPackets: number;
  receivedErrors: number;
  sentErrors: number;
  receivedDropped: number;
  sentDropped: number;
}

/** Reads the kernel's answer to `getLink`. */
export function parseLink(answer: Buffer): LinkReport {
  const flags = answer.readUInt32LE(8);
  const found = attributes(answer.subarray(ifinfoBytes));
  const stats = found.get(IFLA_STATS64) ?? Buffer.alloc(64);
  const counter = (place: number): number => Number(stats.readBigUInt64LE(place * 8));
  return {
    mtu: found.get(IFLA_MTU)?.readUInt32LE() ?? 0,
    isUp: (flags & IFF_UP) !== 0 && (flags & IFF_LOWER_UP) !== 0,
    receivedPackets: counter(0),
    sentPackets: counter(1),
    receivedBytes: counter(2),
    sentBytes: counter(3),
    receivedErrors: counter(4),
    sentErrors: counter(5),
    receivedDropped: counter(6),
    sentDropped: counter(7),
  };
}

/** What an answer holds besides its header, by type. */
export function attributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4) break;
    found.set(bytes.readUInt16LE(at + 2) & ~NLA_F_NESTED, bytes.subarray(at + 4, at + length));
    at += align(length);
  }
  return found;
}

/** struct ifinfomsg */
function ifinfo({ index = 0, flags = 0, change = 0 }): Buffer {
  const buffer = Buffer.alloc(ifinfoBytes);
  buffer.writeInt32LE(index, 4);
  buffer.writeUInt32LE(flags, 8);
  buffer.writeUInt32LE(change, 12);
  return buffer;
}

function attribute(type: number, value: Buffer): Buffer {
  const length = 4 + value.length;
  const buffer = Buffer.alloc(align(length));
  buffer.writeUInt16LE(length, 0);
  buffer.writeUInt16LE(type, 2);
  value.copy(buffer, 4);
  return buffer;
}

const nest = (type: number, ...parts: Buffer[]): Buffer =>
  attribute(type | NLA_F_NESTED, Buffer.concat(parts));

const text = (value: string): Buffer => Buffer.from(`${value}\0`);

const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function broadcastOf(address: Buffer, prefix: number): Buffer {
  const hostBits = prefix === 0 ? 0xffffffff : 2 ** (32 - prefix) - 1;
  const value = Buffer.alloc(4);
  value.writeUInt32BE((address.readUInt32BE() | hostBits) >>> 0);
  return value;
}
