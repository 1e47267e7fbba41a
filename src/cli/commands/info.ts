import { formatBytes } from '#base/units.ts';
import { getInstanceFully } from '#client/lists.ts';
import type { InstanceFull, Server } from '#contract/contract.ts';
import { defineCommand, optional } from '../command.ts';
import { instances } from '../completion/completers.ts';
import {
  imageText,
  processesText,
  spanText,
  stateOf,
  statePaint,
  timeText,
  typeText,
} from '../instance-text.ts';
import { type Facts, factLines } from '../output/facts.ts';
import { textFormats } from '../output/output.ts';
import { pendingText } from '../pending.ts';

export const info = defineCommand({
  summary: 'Show an instance, or the daemon, in detail',
  arguments: { name: optional('Name of an instance; without one the daemon is shown', instances()) },
  options: {},
  formats: textFormats,
  examples: [
    { line: 'wadah info web1', note: 'Show what an instance is and what it uses' },
    { line: 'wadah info', note: 'Show the daemon and its host' },
    { line: 'wadah info web1 --format json', note: 'The same for programs' },
  ],
  async run({ client, output }, { name }) {
    const found = name === undefined ? await client.read('/1.0') : await getInstanceFully(client, name);
    if (output.choice.format !== 'text') return await output.document(found);
    if ('environment' in found) return output.print(factLines(serverFacts(found)));
    const styles = { State: (text: string) => output.paint(statePaint(found), text) };
    const { wadah: host } = isEmulated(found) ? await client.read('/1.0') : {};
    output.print(factLines(instanceFacts(found, host?.kvm?.reason), styles));
  },
});

const isEmulated = ({ state }: InstanceFull): boolean => state.wadah.acceleration === 'tcg';

/** `kvmReason`: what KVM does on this host, for a virtual machine that runs without it. */
function instanceFacts(instance: InstanceFull, kvmReason: string | undefined): Facts {
  const { state } = instance;
  const isUp = state.pid > 0;
  return {
    Name: instance.name,
    Description: instance.description,
    State: isUp && !state.wadah.is_ready ? `${stateOf(instance)}, not ready yet` : stateOf(instance),
    Failure: state.wadah.failure ?? '',
    Type: `${typeText(instance)}${instance.ephemeral ? ', ephemeral' : ''}`,
    Acceleration: accelerationText(instance, kvmReason),
    Image: imageText(instance),
    Architecture: instance.architecture,
    Profiles: instance.profiles.join(', '),
    Created: timeText(instance.created_at),
    Started: isUp ? timeText(state.started_at) : '',
    'Last used': timeText(instance.last_used_at),
    PID: isUp ? String(state.pid) : '',
    Resources: isUp ? usageFacts(instance) : {},
    Network: Object.fromEntries(Object.entries(state.network).map(([name, nic]) => [name, nicFacts(nic)])),
    'Waits for the next start': Object.fromEntries(
      instance.wadah.pending.map((change) => [change.key, pendingText(change)]),
    ),
    Limits: Object.fromEntries(
      Object.entries(instance.expanded_config).filter(([key]) => key.startsWith('limits.')),
    ),
  };
}

function accelerationText({ state, expanded_config: config }: InstanceFull, kvmReason = ''): string {
  if (state.wadah.acceleration === 'kvm') return 'kvm: it runs on the processor';
  if (state.wadah.acceleration !== 'tcg') return '';
  return `tcg: it runs in software. ${config['vm.accel'] === 'tcg' ? 'vm.accel says so.' : kvmReason}`.trim();
}

function usageFacts({ state, expanded_config: config }: InstanceFull): Facts {
  const { usage, usage_peak: peak, swap_usage: swap } = state.memory;
  const limit = config['limits.memory'];
  const disks = Object.values(state.disk);
  const disk = disks.reduce((sum, each) => sum + each.usage, 0);
  const total = disks.reduce((sum, each) => sum + (each.total ?? 0), 0);
  return {
    Memory: `${formatBytes(usage)}${limit === undefined ? '' : ` of ${limit}`}, at most ${formatBytes(peak)} so far`,
    Swap: swap > 0 ? formatBytes(swap) : '',
    'CPU time': spanText(state.cpu.usage / 1e9),
    Processes: processesText(state),
    Disk: disk > 0 ? `${formatBytes(disk)}${total > 0 ? ` of ${formatBytes(total)}` : ''}` : '',
  };
}

function nicFacts(nic: InstanceFull['state']['network'][string]): Facts {
  const { counters } = nic;
  return {
    Addresses: nic.addresses.map(({ address, netmask }) => `${address}/${netmask}`).join(', '),
    MAC: nic.hwaddr,
    'On the host': nic.host_name,
    Received: `${formatBytes(counters.bytes_received)} in ${counters.packets_received} packets`,
    Sent: `${formatBytes(counters.bytes_sent)} in ${counters.packets_sent} packets`,
  };
}

function serverFacts({ environment: host, api_version: api }: Server): Facts {
  return {
    Server: `${host.server} ${host.server_version}`,
    API: api,
    Name: host.server_name,
    PID: String(host.server_pid),
    'Runs instances with': `${host.driver} ${host.driver_version}`,
    Storage: `${host.storage} ${host.storage_version}`,
    Firewall: host.firewall,
    Kernel: `${host.kernel} ${host.kernel_version} (${host.kernel_architecture})`,
    System: `${host.os_name} ${host.os_version}`,
    Architectures: host.architectures.join(', '),
  };
}
