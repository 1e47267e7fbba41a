import { closeSync, openSync } from 'node:fs';
import { Fault } from '#model/fault.ts';
import { ioctl } from './ioctl.ts';
import { systemErrorCode } from './libc.ts';

const TUNSETIFF = { name: 'TUNSETIFF', number: 0x400454ca };
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** Packets carry what is still to be done to them (checksums, segmentation), so that nobody does it twice. */
const IFF_VNET_HDR = 0x4000;
/** More than one descriptor for the link: whoever opens it again adds one. */
const IFF_MULTI_QUEUE = 0x0100;
const ifreqBytes = 40;
const nameBytes = 16;

/**
 * Makes a TAP in the network namespace of the calling thread: what is written to the descriptor arrives on the link.
 * It goes with the last copy of the descriptor. One with `hasQueues` is opened once for each queue. Throws `unsupported` without the driver, `host` otherwise.
 */
export function openTap(name: string, { hasQueues }: { hasQueues: boolean }): number {
  const fd = openDriver();
  try {
    const request = Buffer.alloc(ifreqBytes);
    request.write(name, 0, nameBytes - 1);
    const queues = hasQueues ? IFF_MULTI_QUEUE : 0;
    request.writeUInt16LE(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | queues, nameBytes);
    ioctl(fd, TUNSETIFF, request);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function openDriver(): number {
  try {
    return openSync('/dev/net/tun', 'r+');
  } catch (error) {
    if (!['ENOENT', 'ENODEV', 'ENXIO'].includes(systemErrorCode(error) ?? '')) throw error;
    throw new Fault('unsupported', 'This host makes no TAP links: /dev/net/tun is missing', {
      hint: 'Load its driver: modprobe tun',
      cause: error,
    });
  }
}
