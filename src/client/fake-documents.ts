import type { Image, InstanceFull, Profile } from '#contract/contract.ts';

// Documents as the daemon gives them, for tests.

/** A stopped container. */
export function fakeInstance(change: Partial<InstanceFull> = {}): InstanceFull {
  const config = change.config ?? {};
  const devices = change.devices ?? {};
  return {
    architecture: 'x86_64',
    config,
    description: '',
    devices,
    ephemeral: false,
    profiles: ['default'],
    created_at: '2026-11-23T10:00:00Z',
    expanded_config: config,
    expanded_devices: devices,
    last_used_at: '1970-01-01T00:00:00Z',
    location: 'none',
    name: 'web1',
    project: 'default',
    stateful: false,
    status: 'Stopped',
    status_code: 102,
    type: 'container',
    wadah: { pending: [] },
    backups: [],
    snapshots: [],
    state: {
      status: 'Stopped',
      status_code: 102,
      cpu: { usage: 0 },
      disk: {},
      memory: { usage: 0, usage_peak: 0, swap_usage: 0, swap_usage_peak: 0 },
      network: {},
      pid: 0,
      processes: 0,
      started_at: '1970-01-01T00:00:00Z',
      wadah: { is_ready: false, acceleration: null, failure: null },
    },
    ...change,
  };
}

/** One that runs, with an address. */
export function fakeRunning(change: Partial<InstanceFull> = {}): InstanceFull {
  const stopped = fakeInstance(change);
  return {
    ...stopped,
    status: 'Running',
    status_code: 103,
    state: {
      ...stopped.state,
      status: 'Running',
      status_code: 103,
      cpu: { usage: 1_250_000_000 },
      memory: { usage: 12 * 2 ** 20, usage_peak: 20 * 2 ** 20, swap_usage: 0, swap_usage_peak: 0 },
      network: {
        eth0: {
          addresses: [
            { family: 'inet', address: '10.77.0.2', netmask: '20', scope: 'global' },
            { family: 'inet6', address: 'fe80::1', netmask: '64', scope: 'link' },
          ],
          counters: { bytes_received: 2048, bytes_sent: 1024, packets_received: 20, packets_sent: 10 },
          host_name: 'wd0000123456780',
          hwaddr: '00:16:3e:00:00:01',
          mtu: 1500,
          state: 'up',
          type: 'broadcast',
        },
      },
      pid: 4711,
      processes: 5,
      started_at: '2026-11-23T10:00:01Z',
      wadah: { is_ready: true, acceleration: null, failure: null },
    },
  };
}

export function fakeProfile(change: Partial<Profile> = {}): Profile {
  return {
    config: {},
    description: '',
    devices: { eth0: { type: 'nic', network: 'wadahbr0' } },
    name: 'default',
    project: 'default',
    used_by: [],
    ...change,
  };
}

export function fakeImage(change: Partial<Image> = {}): Image {
  return {
    aliases: [{ name: 'debian/12', description: '' }],
    architecture: 'x86_64',
    auto_update: false,
    cached: false,
    created_at: '2026-11-23T10:00:00Z',
    expires_at: '1970-01-01T00:00:00Z',
    filename: '',
    fingerprint: 'abcdef012345'.padEnd(64, '0'),
    last_used_at: '1970-01-01T00:00:00Z',
    profiles: [],
    project: 'default',
    properties: { description: 'Debian 12' },
    public: false,
    size: 200 * 2 ** 20,
    type: 'container',
    uploaded_at: '2026-11-23T10:00:00Z',
    wadah: { types: ['container'], origin: 'build debian/12' },
    ...change,
  };
}
