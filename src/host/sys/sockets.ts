import { closeSync } from 'node:fs';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { check, lastErrorCode, libcFunction } from './libc.ts';

const socket = libcFunction('socket', 'int', ['int', 'int', 'int']);
const bind = libcFunction('bind', 'int', ['int', 'void*', 'uint32']);
const listen = libcFunction('listen', 'int', ['int', 'int']);
const connect = libcFunction('connect', 'int', ['int', 'void*', 'uint32']);
const setsockopt = libcFunction('setsockopt', 'int', ['int', 'int', 'int', 'void*', 'uint32']);

const families = { unix: 1, inet: 2, inet6: 10 } as const;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
/** The kernel takes `net.core.somaxconn` where that is less. */
const backlog = 4096;

/** An endpoint of one socket. A path that begins with `@` is a name in no file system. */
export type SocketAddress = { host: string; port: number } | { path: string };

/**
 * A stream socket that listens. As all of these it belongs for good to the network namespace in which it was made,
 * never blocks and is closed on exec; the caller hands it to Node or closes it. `[::]` takes IPv4 as well.
 */
export function listenStream(address: SocketAddress): number {
  const name = nameOf(address);
  return made(address, SOCK_STREAM, (fd, bytes) => {
    if ('host' in address) allowSoonAfter(fd, name);
    check('bind', name, bind(fd, bytes, bytes.length));
    check('listen', name, listen(fd, backlog));
  });
}

/** A datagram socket that receives at an address of the internet. */
export function bindDatagram(address: { host: string; port: number }): number {
  return made(address, SOCK_DGRAM, (fd, bytes) =>
    check('bind', nameOf(address), bind(fd, bytes, bytes.length)),
  );
}

/** A datagram socket of the family of that address, which it is neither bound nor connected to. */
export function openDatagram(address: { host: string; port: number }): number {
  return made(address, SOCK_DGRAM, () => undefined);
}

/**
 * A stream socket that is connected or about to be: nothing can be written before, and whoever reads hears of a
 * refusal. `undefined` when so many wait for the unix socket that no more fit in: later, perhaps. Throws `host`.
 */
export function connectStream(address: SocketAddress): number | undefined {
  let isFull = false;
  const fd = made(address, SOCK_STREAM, (fd, bytes) => {
    if (connect(fd, bytes, bytes.length) >= 0) return;
    const code = lastErrorCode();
    isFull = code === 'EAGAIN';
    if (!isFull && code !== 'EINPROGRESS') check('connect', nameOf(address), -1);
  });
  if (!isFull) return fd;
  closeSync(fd);
  return undefined;
}

function made(address: SocketAddress, type: number, prepare: (fd: number, bytes: Buffer) => unknown): number {
  const bytes = addressBytes(address);
  const family = bytes.readUInt16LE(0);
  const fd = check('socket', nameOf(address), socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  try {
    prepare(fd, bytes);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Connections of before that the kernel still remembers are no obstacle; another listener is. */
function allowSoonAfter(fd: number, name: string): void {
  const on = Buffer.from([1, 0, 0, 0]);
  check('setsockopt', name, setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, on.length));
}

const nameOf = (address: SocketAddress): string =>
  'path' in address ? address.path : `${address.host} port ${address.port}`;

/** struct sockaddr_un, _in or _in6. */
function addressBytes(address: SocketAddress): Buffer {
  if ('path' in address) return unixBytes(address.path);
  const bytes = Buffer.from(ipaddr.parse(address.host).toByteArray());
  const isV6 = isIP(address.host) === 6;
  const buffer = Buffer.alloc(isV6 ? 28 : 16);
  buffer.writeUInt16LE(isV6 ? families.inet6 : families.inet, 0);
  buffer.writeUInt16BE(address.port, 2);
  bytes.copy(buffer, isV6 ? 8 : 4);
  return buffer;
}

/** A name without a file begins with a zero and ends where the address does; a path ends with a zero. */
function unixBytes(path: string): Buffer {
  const family = Buffer.alloc(2);
  family.writeUInt16LE(families.unix);
  const name = path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`;
  return Buffer.concat([family, Buffer.from(name)]);
}
