import { onBoth } from '../config/key.ts';
import { oneOf } from '../config/kinds.ts';
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
  },
};
