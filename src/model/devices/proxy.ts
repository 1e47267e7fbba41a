import { isIP } from 'node:net';
import { onBoth } from '../config/key.ts';
import { bool, oneOf } from '../config/kinds.ts';
import type { DeviceOptions } from '../device.ts';
import { Fault } from '../fault.ts';
import type { InstanceType } from '../instance.ts';
import { type DeviceType, option } from './option.ts';
import { type ProxyAddress, proxyAddress } from './proxy-address.ts';
import { mode, owner } from './unix.ts';

const side = oneOf('host', 'instance');
/** Each is a socket of its own; translated ones are not. */
const mostPorts = 1000;

export const proxy: DeviceType = {
  help: 'Forwards connections from the host to an instance, or the other way round',
  types: onBoth,
  hotplug: onBoth,
  options: {
    listen: option({ kind: proxyAddress, help: 'Where connections come in', isRequired: true }),
    connect: option({
      kind: proxyAddress,
      help: 'Where they lead to, on the other side. Many ports there belong to as many in listen',
      isRequired: true,
    }),
    bind: option({ kind: side, help: 'On which side it listens; unset: on the host' }),
    nat: option({
      kind: bool,
      help: 'Leads packets to the instance’s own address instead of connecting anew; virtual machines need it',
    }),
    proxy_protocol: option({
      kind: bool,
      help: 'Says first who connects, as the PROXY protocol (version 1) has it; to tcp only',
    }),
    mode: option({ kind: mode, help: 'Who may use the unix socket that it makes; unset: 0644' }),
    uid: option({ kind: owner, help: 'Who owns that socket, as seen on its side; unset: root' }),
    gid: option({ kind: owner, help: 'Which group owns that socket; unset: root' }),
    'security.uid': option({
      kind: owner,
      help: 'As which user it connects, as seen on that side; unset: root',
    }),
    'security.gid': option({ kind: owner, help: 'As which group it connects; unset: root' }),
  },
  check: requireSoundProxy,
};

/** What the options of a valid proxy mean. */
export interface Forward {
  /** Name of the device. */
  device: string;
  listen: ProxyAddress;
  connect: ProxyAddress;
  /** It connects on the other side. */
  listensOn: 'host' | 'instance';
  sendsProxyHeader: boolean;
  /** Of a unix socket that it makes. */
  socket: Owner & { mode: number };
  connectsAs: Owner;
  isNat: boolean;
}

/** As seen on the side where it counts. */
export interface Owner {
  uid: number;
  gid: number;
}

export function readProxy(device: string, options: DeviceOptions): Forward {
  const [listen, connect] = ['listen', 'connect'].map((name) => proxyAddress.parse(options[name] ?? ''));
  if (!listen || !connect) throw new Error(`The addresses of the proxy "${device}" were not checked`);
  const id = (name: string) => owner.parse(options[name] ?? '') ?? 0;
  return {
    device,
    listen,
    connect,
    listensOn: side.parse(options['bind'] ?? '') ?? 'host',
    sendsProxyHeader: bool.parse(options['proxy_protocol'] ?? '') ?? false,
    socket: { mode: mode.parse(options['mode'] ?? '') ?? 0o644, uid: id('uid'), gid: id('gid') },
    connectsAs: { uid: id('security.uid'), gid: id('security.gid') },
    isNat: bool.parse(options['nat'] ?? '') ?? false,
  };
}

/** What no option by itself is wrong about. Throws `invalid`. */
export function requireSoundProxy(name: string, options: DeviceOptions, type?: InstanceType): void {
  const forward = readProxy(name, options);
  const trouble =
    troubleOfPair(forward) ??
    troubleOfOptions(forward, options) ??
    (forward.isNat ? troubleOfNat(forward, options) : troubleWithoutNat(forward, type));
  if (trouble) throw new Fault('invalid', `Device "${name}": ${trouble.what}`, { hint: trouble.hint });
}

interface Trouble {
  what: string;
  hint: string;
}

function troubleOfPair({ listen, connect }: Forward): Trouble | undefined {
  if ((listen.kind === 'udp') !== (connect.kind === 'udp')) {
    const what = `${listen.kind} cannot be forwarded to ${connect.kind}`;
    return { what, hint: 'udp leads to udp; tcp and unix lead to each other.' };
  }
  const [from, to] = [listen, connect].map((address) => (address.kind === 'unix' ? 1 : address.ports.length));
  if (from === to || to === 1) return undefined;
  const what = `it listens on ${from} ${from === 1 ? 'port' : 'ports'} and connects to ${to}`;
  return { what, hint: 'Name as many ports in connect as in listen, or a single one.' };
}

function troubleOfOptions(
  { listen, connect, isNat, sendsProxyHeader }: Forward,
  options: DeviceOptions,
): Trouble | undefined {
  if (sendsProxyHeader && (connect.kind !== 'tcp' || isNat)) {
    const what = `proxy_protocol is for connections to tcp${isNat ? ' without nat' : ''}`;
    return { what, hint: isNat ? 'With nat the instance sees who connects anyway.' : 'Unset it.' };
  }
  const makesFile = listen.kind === 'unix' && listen.path.startsWith('/');
  const ofFile = ['mode', 'uid', 'gid'].find((option) => options[option] !== undefined);
  if (makesFile || ofFile === undefined) return undefined;
  const what = `${ofFile} is for sockets that have a path, not for listen=${options['listen']}`;
  return { what, hint: 'For the user as whom it connects: security.uid and security.gid.' };
}

function troubleOfNat({ listen, connect, listensOn }: Forward, options: DeviceOptions): Trouble | undefined {
  if (listensOn === 'instance') {
    return { what: 'nat works for bind=host only', hint: 'Unset nat or bind.' };
  }
  if (listen.kind === 'unix' || connect.kind !== listen.kind) {
    return { what: 'nat leads tcp to tcp and udp to udp only', hint: 'Unset nat, or change the addresses.' };
  }
  if (isIP(listen.host) !== isIP(connect.host)) {
    const what = 'nat does not lead from one version of IP to the other';
    return { what, hint: 'Use IPv4 addresses, or IPv6 addresses, on both sides.' };
  }
  const user = ['security.uid', 'security.gid'].find((option) => options[option] !== undefined);
  return user === undefined ? undefined : { what: `${user} means nothing with nat`, hint: 'Unset it.' };
}

function troubleWithoutNat({ listen }: Forward, type: InstanceType | undefined): Trouble | undefined {
  if (type === 'virtual-machine') {
    const what = 'a proxy of a virtual machine needs nat=true';
    return { what, hint: 'Nothing of the host can connect from inside of it.' };
  }
  if (listen.kind === 'unix' || listen.ports.length <= mostPorts) return undefined;
  const what = `it can listen on ${mostPorts} ports at most, not ${listen.ports.length}`;
  return { what, hint: 'nat=true has no such bound.' };
}
