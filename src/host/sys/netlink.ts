import { check, checkAsync, libcFunction, systemFault } from './libc.ts';

const socket = libcFunction('socket', 'int', ['int', 'int', 'int']);
const send = libcFunction('send', 'long', ['int', 'void*', 'size_t', 'int']);
const recv = libcFunction('recv', 'long', ['int', 'void*', 'size_t', 'int']);
const ifNameToIndex = libcFunction('if_nametoindex', 'int', ['str']);

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLMSG_ERROR = 2;
export const headerBytes = 16; // struct nlmsghdr: length, type, flags, sequence, port
const answerBytes = 32 * 1024;

/** One request to the kernel's network configuration: rtnetlink(7). */
export interface RouteRequest {
  /** RTM_… */
  type: number;
  /** NLM_F_… besides REQUEST and ACK. */
  flags?: number;
  body: Buffer;
  /** What it acts on, for the error text: `link wdab12deadbeef0`. */
  object: string;
}

/** A socket for `routeRequests`, for the network namespace in which the caller is now. The caller closes it. */
export function openRouteSocket(): number {
  return check('socket', 'AF_NETLINK', socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

/** Number of a link in the network namespace of the calling thread, which may be entered; `undefined`: no such link. */
export function findLinkIndex(name: string): number | undefined {
  return ifNameToIndex(name) || undefined;
}

/**
 * Hands requests to the kernel in one go and resolves to what it answered besides "done". It works on them in
 * order and goes on after one that fails; the first failure is thrown as `host`. Off the main thread, since the
 * kernel makes everybody who changes the network wait for one lock.
 */
export async function routeRequests(fd: number, requests: readonly RouteRequest[]): Promise<Buffer[]> {
  const datagram = Buffer.concat(requests.map(encode));
  await checkAsync('netlink', requests[0]?.object ?? '', send, fd, datagram, datagram.length, 0);
  const answers: Buffer[] = [];
  // It has answered by the time that send returns, so nothing here waits.
  for (let open = requests.length; open > 0; ) {
    for (const { type, sequence, body } of receive(fd)) {
      if (type !== NLMSG_ERROR) {
        answers.push(body);
        continue;
      }
      open -= 1;
      const errno = -body.readInt32LE(0);
      if (errno !== 0) throw systemFault('netlink', requests[sequence]?.object ?? '', errno);
    }
  }
  return answers;
}

/** The sequence number is the request's place in the list. */
function encode({ type, flags = 0, body }: RouteRequest, sequence: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(headerBytes + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(NLM_F_REQUEST | NLM_F_ACK | flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, body]);
}

function receive(fd: number): { type: number; sequence: number; body: Buffer }[] {
  const buffer = Buffer.alloc(answerBytes);
  const length = check('recv', 'netlink', recv(fd, buffer, buffer.length, MSG_DONTWAIT));
  const messages = [];
  for (let at = 0; at + headerBytes <= length; ) {
    const size = buffer.readUInt32LE(at);
    const type = buffer.readUInt16LE(at + 4);
    const sequence = buffer.readUInt32LE(at + 8);
    messages.push({ type, sequence, body: buffer.subarray(at + headerBytes, at + size) });
    at += align(size);
  }
  return messages;
}

/** Netlink begins everything at a multiple of four. */
export const align = (length: number): number => (length + 3) & ~3;
