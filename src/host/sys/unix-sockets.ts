import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { Fault } from '#model/fault.ts';
import { check, lastErrorCode, libcFunction } from './libc.ts';

const IoVector = koffi.struct({ base: 'void*', length: 'size_t' });
export const MessageHeader = koffi.struct({
  name: 'void*',
  nameLength: 'uint32',
  vectors: koffi.pointer(IoVector),
  vectorCount: 'size_t',
  control: 'void*',
  controlLength: 'size_t',
  flags: 'int',
});

const socket = libcFunction('socket', 'int', ['int', 'int', 'int']);
const bind = libcFunction('bind', 'int', ['int', 'void*', 'uint32']);
const listen = libcFunction('listen', 'int', ['int', 'int']);
const accept4 = libcFunction('accept4', 'int', ['int', 'void*', 'void*', 'int']);
const setsockopt = libcFunction('setsockopt', 'int', ['int', 'int', 'int', 'void*', 'uint32']);
const sendto = libcFunction('sendto', 'long', ['int', 'void*', 'size_t', 'int', 'void*', 'uint32']);
const recvmsg = libcFunction('recvmsg', 'long', ['int', koffi.inout(koffi.pointer(MessageHeader)), 'int']);

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_PASSCRED = 16;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const MSG_CMSG_CLOEXEC = 0x40000000;
const longestPath = 107;
const controlHeaderBytes = 16; // struct cmsghdr: length, level, type

export interface Message {
  data: Buffer;
  /** Who sent it, by the kernel's word and in our own numbers; only on datagram sockets made here. */
  sender: { pid: number; uid: number; gid: number } | undefined;
  /** Descriptors that came along, closed on exec. Whoever receives them closes them. */
  descriptors: number[];
}

/** A datagram socket at `path` that never blocks and tells who sends. */
export function bindDatagramSocket(path: string): number {
  const fd = boundSocket(path, SOCK_DGRAM);
  const on = Buffer.alloc(4);
  on.writeInt32LE(1);
  return closedOnFailure(fd, () => check('setsockopt', path, setsockopt(fd, SOL_SOCKET, SO_PASSCRED, on, 4)));
}

/** Sends one datagram to the socket at `path`, at once or not at all. */
export function sendDatagram(path: string, text: string): void {
  const address = socketAddress(path);
  const data = Buffer.from(text);
  const fd = check('socket', path, socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  try {
    check('sendto', path, sendto(fd, data, data.length, 0, address, address.length));
  } finally {
    closeSync(fd);
  }
}

/** A stream socket that listens at `path` and never blocks. */
export function listenStreamSocket(path: string): number {
  const fd = boundSocket(path, SOCK_STREAM);
  return closedOnFailure(fd, () => check('listen', path, listen(fd, 8)));
}

/** The next connection, `undefined` when none waits. It never blocks and is closed on exec. */
export function acceptConnection(fd: number): number | undefined {
  const result = accept4(fd, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (result < 0 && lastErrorCode() === 'EAGAIN') return undefined;
  return check('accept4', `descriptor ${fd}`, result);
}

/** The next message, `undefined` when none waits. Data longer than `maxBytes` is cut. An empty one: end of stream. */
export function receiveMessage(fd: number, maxBytes = 4096): Message | undefined {
  const data = Buffer.alloc(maxBytes);
  const control = Buffer.alloc(256);
  const header = {
    name: null,
    nameLength: 0,
    vectors: [{ base: data, length: data.length }],
    vectorCount: 1,
    control,
    controlLength: control.length,
    flags: 0,
  };
  const length = recvmsg(fd, header, MSG_CMSG_CLOEXEC);
  if (length < 0 && lastErrorCode() === 'EAGAIN') return undefined;
  check('recvmsg', `descriptor ${fd}`, length);
  const used = control.subarray(0, Number(header.controlLength));
  return { data: data.subarray(0, length), ...readControl(used) };
}

function boundSocket(path: string, type: number): number {
  const address = socketAddress(path);
  const fd = check('socket', path, socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return closedOnFailure(fd, () => check('bind', path, bind(fd, address, address.length)));
}

function closedOnFailure(fd: number, step: () => void): number {
  try {
    step();
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export function socketAddress(path: string): Buffer {
  const bytes = Buffer.from(path);
  if (bytes.length > longestPath) {
    throw new Fault('invalid', `The path of a socket may have ${longestPath} bytes: ${path}`, {
      hint: 'Use a shorter folder.',
    });
  }
  const address = Buffer.alloc(110);
  address.writeUInt16LE(AF_UNIX, 0);
  bytes.copy(address, 2);
  return address;
}

function readControl(control: Buffer): Pick<Message, 'sender' | 'descriptors'> {
  let sender: Message['sender'];
  const descriptors: number[] = [];
  for (let at = 0; at + controlHeaderBytes <= control.length; ) {
    const length = Number(control.readBigUInt64LE(at));
    const type = control.readInt32LE(at + 12);
    const body = control.subarray(at + controlHeaderBytes, at + length);
    if (type === SCM_CREDENTIALS) {
      sender = { pid: body.readInt32LE(0), uid: body.readUInt32LE(4), gid: body.readUInt32LE(8) };
    } else if (type === SCM_RIGHTS) {
      for (let fd = 0; fd + 4 <= body.length; fd += 4) descriptors.push(body.readInt32LE(fd));
    }
    at += Math.ceil(length / 8) * 8;
  }
  return { sender, descriptors };
}
