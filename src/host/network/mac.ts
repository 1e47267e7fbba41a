import { createHash } from 'node:crypto';

const macRule = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** A MAC in lower case; `undefined` when the text is none that a network interface may have. */
export function parseMac(text: string): string | undefined {
  const mac = text.toLowerCase();
  if (!macRule.test(mac) || mac === '00:00:00:00:00:00') return undefined;
  const isGroup = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  return isGroup ? undefined : mac;
}

/** A MAC of Xen's range, which virtual machines use everywhere: the same seed always gives the same one. */
export function deriveMac(seed: string): string {
  const digits = createHash('sha256').update(seed).digest('hex');
  return `00:16:3e:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}`;
}

/** The lower half of the IPv6 addresses that a guest makes of its MAC by itself (RFC 4291, modified EUI-64). */
export function interfaceIdentifier(mac: string): bigint {
  const [first = 0, ...rest] = mac.split(':').map((part) => Number.parseInt(part, 16));
  const bytes = [first ^ 0x02, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
