import type { NicPlan } from '#engine/engine.ts';
import {
  type DeviceOptions,
  type Devices,
  type Forward,
  readProxy,
  requireSoundProxy,
} from '#model/device.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceType } from '#model/instance.ts';

/**
 * What is forwarded between an instance and the host, in the order of the devices' names. Throws `invalid`, also for
 * what only its type or its NICs tell to be wrong.
 */
export function planForwards(type: InstanceType, devices: Devices, nics: readonly NicPlan[]): Forward[] {
  return Object.entries(devices)
    .filter(([, options]) => options['type'] === 'proxy')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, options]) => planForward(type, name, options, nics));
}

function planForward(
  type: InstanceType,
  name: string,
  options: DeviceOptions,
  nics: readonly NicPlan[],
): Forward {
  requireSoundProxy(name, options, type); // a profile has no type
  const forward = readProxy(name, options);
  const { connect } = forward;
  if (!forward.isNat || connect.kind === 'unix') return forward;
  return { ...forward, connect: { ...connect, host: requireOwn(name, connect.host, nics) } };
}

/** Packets are led to an address that the instance has, and keeps; `0.0.0.0` and `::` stand for that. */
function requireOwn(name: string, host: string, nics: readonly NicPlan[]): string {
  const family = host.includes(':') ? 'ipv6' : 'ipv4';
  const own = nics.flatMap((nic) => nic[family]?.address.split('/')[0] ?? []);
  const [first] = own;
  if (first === undefined) {
    throw new Fault('invalid', `Device "${name}": nat needs a NIC with an ${family} address`);
  }
  if (host === '0.0.0.0' || host === '::') return first;
  if (own.includes(host)) return host;
  throw new Fault('invalid', `Device "${name}": ${host} is no address of the instance, to which nat leads`, {
    hint: `Its addresses: ${own.join(', ')}; ${family === 'ipv4' ? '0.0.0.0' : '[::]'} stands for the first of them.`,
  });
}
