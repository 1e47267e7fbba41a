import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Family = 4 | 6;

const familyBits = { 4: 32, 6: 128 } as const;

/** Addresses from `first` to `last`, both included, as numbers. */
export interface AddressRange {
  family: Family;
  first: bigint;
  last: bigint;
}

/** A range that is a network: `10.77.0.0/20`. */
export interface Subnet extends AddressRange {
  prefixLength: number;
}

/** `undefined` when the text is no address in the usual notation. */
export function parseAddress(text: string): { family: Family; value: bigint } | undefined {
  const family = isIP(text);
  if ((family !== 4 && family !== 6) || text.includes('%')) return undefined;
  const bytes = Buffer.from(ipaddr.parse(text).toByteArray());
  return { family, value: BigInt(`0x${bytes.toString('hex')}`) };
}

export function formatAddress(family: Family, value: bigint): string {
  const bytes = Buffer.from(value.toString(16).padStart(familyBits[family] / 4, '0'), 'hex');
  return ipaddr.fromByteArray([...bytes]).toString();
}

/** The network that an address with its prefix length lies in; `undefined` when the text is no such thing. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const parsed = parseAddress(address);
  const prefixLength = Number(length);
  if (!parsed || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  if (prefixLength > familyBits[parsed.family]) return undefined;
  return subnetAround(parsed.family, parsed.value, prefixLength);
}

/** The network of that size in which an address lies. */
export function subnetAround(family: Family, address: bigint, prefixLength: number): Subnet {
  const hostBits = BigInt(familyBits[family] - prefixLength);
  const first = (address >> hostBits) << hostBits;
  return { family, first, last: first + (1n << hostBits) - 1n, prefixLength };
}

export function formatSubnet({ family, first, prefixLength }: Subnet): string {
  return `${formatAddress(family, first)}/${prefixLength}`;
}

export function overlaps(a: AddressRange, b: AddressRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

export function contains(range: AddressRange, family: Family, address: bigint): boolean {
  return range.family === family && range.first <= address && address <= range.last;
}

/** The host's own address in a network: the first. */
export function gatewayOf({ family, first }: Subnet): string {
  return formatAddress(family, first + 1n);
}

/** An address together with the size of its network: `10.77.0.2/20`. */
export function cidrOf(address: string, { prefixLength }: Subnet): string {
  return `${address}/${prefixLength}`;
}

/** What guests may have of a network: neither its own address, nor the gateway's, nor the broadcast's. */
export function guestRange({ family, first, last }: Subnet): AddressRange {
  return { family, first: first + 2n, last: last - 1n };
}

/**
 * The first free address, beginning at a place that `seed` picks and going round. Spreading the starts keeps
 * an address that was given back unused for a while, and writers on other nodes out of each other's way.
 */
export function pickFree(
  range: AddressRange,
  seed: bigint,
  isTaken: (address: bigint) => boolean,
): bigint | undefined {
  const size = range.last - range.first + 1n;
  for (let step = 0n; step < size; step += 1n) {
    const address = range.first + ((seed + step) % size);
    if (!isTaken(address)) return address;
  }
  return undefined;
}
