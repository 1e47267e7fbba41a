import { createHash } from 'node:crypto';
import type { Subnet } from '#host/network/addresses.ts';
import {
  contains,
  formatAddress,
  formatSubnet,
  guestRange,
  parseAddress,
  pickFree,
} from '#host/network/addresses.ts';
import { deriveMac, parseMac } from '#host/network/mac.ts';
import { Fault } from '#model/fault.ts';
import type { NicRequest } from './networks.ts';
import type { NicIndex, Reservation } from './nic-index.ts';

/**
 * What a NIC gets: what it wishes, else what it has, else something free. Throws `invalid` for a wish that is
 * malformed or outside the network, `exists` for what another NIC has, `insufficient` when no address is left.
 */
export function chooseNic(request: NicRequest, index: NicIndex, subnet: Subnet): Reservation {
  const { id, device, instanceName } = request;
  const before = index.find(request);
  const mac = request.mac === undefined ? before?.mac : readMac(request.mac);
  const ipv4 = request.ipv4 === undefined ? before?.ipv4 : readAddress(request.ipv4, subnet);
  requireFree(request, index, mac);
  requireFree(request, index, ipv4);
  return {
    id,
    device,
    instanceName,
    index: before?.index ?? pickPlace(request, index),
    mac: mac ?? pickMac(request, index),
    // An address from a network that this node had before is of no use any more.
    ipv4: ipv4 !== undefined && isInside(subnet, ipv4) ? ipv4 : pickAddress(request, index, subnet),
  };
}

function readMac(text: string): string {
  const mac = parseMac(text);
  if (mac !== undefined) return mac;
  throw new Fault('invalid', `"${text}" is no MAC address that a NIC may have`, {
    hint: 'It looks like 00:16:3e:12:34:56, and its first pair of digits is even.',
  });
}

function readAddress(text: string, subnet: Subnet): string {
  if (isInside(subnet, text)) return text;
  throw new Fault('invalid', `The network has no address "${text}" to give`, {
    hint: `Instances get addresses of ${formatSubnet(subnet)}, but neither its first two nor its last.`,
  });
}

/** Whether a guest may have that address. */
export function isInside(subnet: Subnet, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && contains(guestRange(subnet), address.family, address.value);
}

function requireFree(request: NicRequest, index: NicIndex, wish: string | undefined): void {
  const holder = wish === undefined ? undefined : index.holderOf(wish);
  if (!holder || (holder.id === request.id && holder.device === request.device)) return;
  const name = index.find(holder)?.instanceName ?? holder.id;
  throw new Fault('exists', `${wish} belongs to NIC "${holder.device}" of instance "${name}"`);
}

/** The place that was asked for, unless another NIC has it: places stay when NICs come and go before them. */
function pickPlace(request: NicRequest, index: NicIndex): number {
  const taken = new Set(index.of(request.id).map((other) => other.index));
  let place = taken.has(request.index) ? 0 : request.index;
  while (taken.has(place)) place += 1;
  return place;
}

function pickMac({ id, device }: NicRequest, index: NicIndex): string {
  let attempt = 0;
  let mac: string;
  do {
    mac = deriveMac(`${id}/${device}/${attempt}`);
    attempt += 1;
  } while (index.holderOf(mac));
  return mac;
}

function pickAddress({ id, device }: NicRequest, index: NicIndex, subnet: Subnet): string {
  const seed = createHash('sha256').update(`${id}/${device}`).digest().readBigUInt64BE();
  const isTaken = (address: bigint): boolean => index.holderOf(formatAddress(4, address)) !== undefined;
  const free = pickFree(guestRange(subnet), seed, isTaken);
  if (free !== undefined) return formatAddress(4, free);
  throw new Fault('insufficient', `All addresses of ${formatSubnet(subnet)} are taken`, {
    hint: 'Delete instances that nobody needs any more.',
  });
}
