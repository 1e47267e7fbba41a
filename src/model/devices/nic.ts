import { onBoth } from '../config/key.ts';
import { oneOf } from '../config/kinds.ts';
import type { DeviceOptions } from '../device.ts';
import { bitRate } from './bit-rate.ts';
import { type DeviceType, matching, option } from './option.ts';

const macRule = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
const ipv4Rule = /^((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)$/;
const anyName = matching(/^[^\s/]{1,15}$/, 'a name of 1 to 15 characters');

export const nic: DeviceType = {
  help: 'A network interface on the managed bridge',
  types: onBoth,
  hotplug: [],
  options: {
    name: option({
      kind: matching(/^[a-z][a-z0-9.-]{0,14}$/i, 'a link name of 1 to 15 characters'),
      help: 'Name inside, such as eth0',
    }),
    network: option({ kind: anyName, help: 'Managed network that it is plugged into' }),
    nictype: option({ kind: oneOf('bridged'), help: 'Kind of interface' }),
    parent: option({ kind: anyName, help: 'Managed bridge, as another way to name the network' }),
    hwaddr: option({
      kind: matching(macRule, 'a MAC address such as 00:16:3e:12:34:56'),
      help: 'MAC address; unset: chosen once',
    }),
    'ipv4.address': option({
      kind: matching(ipv4Rule, 'an IPv4 address'),
      help: 'Fixed address; unset: chosen once',
    }),
    'limits.ingress': option({ kind: bitRate, live: onBoth, help: 'How fast it may receive' }),
    'limits.egress': option({ kind: bitRate, live: onBoth, help: 'How fast it may send' }),
    'limits.max': option({ kind: bitRate, live: onBoth, help: 'The same as both of them' }),
  },
};

/** In bits per second, as the guest sees it; `undefined`: as fast as it goes. */
export interface NicRates {
  ingress: number | undefined;
  egress: number | undefined;
}

/** Bits per second that a valid NIC may receive and send; `undefined` where nothing limits it. */
export function readNicRates(options: DeviceOptions): NicRates | undefined {
  const rate = (name: string) => bitRate.parse(options[name] ?? options['limits.max'] ?? '');
  const [ingress, egress] = [rate('limits.ingress'), rate('limits.egress')];
  return ingress === undefined && egress === undefined ? undefined : { ingress, egress };
}
