import { neverTime, noLocation, statusCodes } from '#contract/contract.ts';
import type { Instance, InstanceFull, InstanceState } from '#contract/contract.ts';
import type { InstanceStateView, InstanceView } from '#service/instances/instances.ts';

type ModelState = InstanceView['state'];

const statuses = {
  stopped: 'Stopped',
  starting: 'Starting',
  running: 'Running',
  pausing: 'Freezing',
  paused: 'Frozen',
  stopping: 'Stopping',
  failed: 'Error',
} as const satisfies Record<ModelState, Instance['status']>;

export function instanceDocument(view: InstanceView): Instance {
  const { instance } = view;
  return {
    architecture: instance.architecture,
    config: instance.config,
    created_at: instance.createdAt,
    description: instance.description,
    devices: instance.devices,
    ephemeral: instance.ephemeral,
    expanded_config: view.expandedConfig,
    expanded_devices: view.expandedDevices,
    last_used_at: instance.lastUsedAt ?? neverTime,
    location: noLocation,
    name: instance.name,
    profiles: instance.profiles,
    project: instance.project,
    stateful: false,
    type: instance.type,
    ...statusOf(view.state),
    wadah: {
      pending: view.pending.map(({ key, running, configured }) => ({
        key,
        running: running ?? null,
        configured: configured ?? null,
      })),
    },
  };
}

export function fullDocument(view: InstanceView, state: InstanceStateView): InstanceFull {
  return { ...instanceDocument(view), backups: [], snapshots: [], state: stateDocument(state) };
}

function statusOf(state: ModelState): Pick<Instance, 'status' | 'status_code'> {
  const status = statuses[state];
  return { status, status_code: statusCodes[status] };
}

export function stateDocument({
  state,
  disk,
  usage,
  addresses,
  startedAt,
  isReady,
  failure,
}: InstanceStateView): InstanceState {
  const networks = Object.entries(addresses).map(([device, known]) => [
    device,
    networkState(known, usage?.network[device]),
  ]);
  return {
    ...statusOf(state),
    // A double prints as a whole number up to 10^21, so it reads as a 64-bit integer; past 2^53 (104 days of one
    // processor) it is less than a microsecond off.
    cpu: { usage: Number(usage?.cpuNanoseconds ?? 0) },
    disk: disk?.held === undefined ? {} : { root: diskState(disk.held, disk.limit) },
    memory: {
      usage: usage?.memoryBytes ?? 0,
      usage_peak: usage?.memoryPeakBytes ?? 0,
      swap_usage: usage?.swapBytes ?? 0,
      swap_usage_peak: 0,
    },
    network: Object.fromEntries(networks),
    pid: usage?.pid ?? 0,
    processes: usage ? (usage.processes ?? -1) : 0,
    started_at: startedAt ?? neverTime,
    wadah: { is_ready: isReady, acceleration: usage?.acceleration ?? null, failure: failure ?? null },
  };
}

const diskState = (usage: number, total: number | undefined): InstanceState['disk'][string] =>
  total === undefined ? { usage } : { usage, total };

type Addresses = InstanceStateView['addresses'][string];
type NicUsage = NonNullable<InstanceStateView['usage']>['network'][string];

function networkState(known: Addresses, usage: NicUsage | undefined): InstanceState['network'][string] {
  return {
    addresses: [known.ipv4, known.ipv6].flatMap((cidr) => (cidr === undefined ? [] : addressOf(cidr))),
    counters: {
      bytes_received: usage?.receivedBytes ?? 0,
      bytes_sent: usage?.sentBytes ?? 0,
      packets_received: usage?.receivedPackets ?? 0,
      packets_sent: usage?.sentPackets ?? 0,
    },
    host_name: known.hostName,
    hwaddr: known.mac,
    mtu: usage?.mtu ?? 0,
    state: usage?.isUp ? 'up' : 'down',
    type: 'broadcast',
  };
}

function addressOf(cidr: string): InstanceState['network'][string]['addresses'] {
  const [address = '', netmask = ''] = cidr.split('/');
  const family = address.includes(':') ? 'inet6' : 'inet';
  const scope = address.startsWith('fe80:') ? 'link' : 'global';
  return [{ family, address, netmask, scope }];
}
