import type { NicPlan, NicUsage, Usage } from './engine.ts';
import type { CgroupUsage } from '#host/cgroup/cgroups.ts';
import { droppedByRates } from '#host/network/shaping.ts';
import { readVeth } from '#host/network/veth.ts';

/** What an instance uses, from its groups and the host's ends of its NICs. */
export async function usageOf(used: CgroupUsage, pid: number, nics: readonly NicPlan[]): Promise<Usage> {
  const { outOfMemoryKills: _, ...amounts } = used;
  const counted = await Promise.all(nics.map(async (nic) => [nic.name, await nicUsage(nic)] as const));
  return { ...amounts, pid, network: Object.fromEntries(counted) };
}

/** What the host's end has received, the guest has sent. */
async function nicUsage({ hostName, mac, mtu, rates }: NicPlan): Promise<NicUsage> {
  const link = await readVeth(hostName);
  const held = rates ? await droppedByRates(hostName) : { ingress: 0, egress: 0 };
  return {
    hostName,
    mac,
    mtu: link?.mtu ?? mtu ?? 1500,
    isUp: link?.isUp ?? false,
    receivedBytes: link?.sentBytes ?? 0,
    receivedPackets: link?.sentPackets ?? 0,
    sentBytes: link?.receivedBytes ?? 0,
    sentPackets: link?.receivedPackets ?? 0,
    receivedErrors: link?.sentErrors ?? 0,
    sentErrors: link?.receivedErrors ?? 0,
    receivedDropped: (link?.sentDropped ?? 0) + held.ingress,
    sentDropped: (link?.receivedDropped ?? 0) + held.egress,
  };
}
