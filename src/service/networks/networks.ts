import type { NicPlan } from '#engine/engine.ts';
import type { InstanceId } from '#model/instance.ts';

/** The managed bridge: addresses, names, NAT and anti-spoofing of the instances on it. */
export interface Networks {
  /** At daemon start: makes what is missing of bridge, addresses, nft tables and dnsmasq, keeps what is there. */
  open(): Promise<void>;
  /** Leaves the network working for the instances that go on running. */
  close(): Promise<void>;
  /** Takes bridge, tables and dnsmasq away from the host (`wadahd --cleanup`). */
  remove(): Promise<void>;
  /** Reserves MAC and addresses and makes the name resolve. Reserving again returns the same ones. */
  reserve(request: NicRequest): Promise<NicPlan>;
  /** The reservation, without asking any program; `undefined` when there is none. */
  find(id: InstanceId, device: string): NicPlan | undefined;
  /** Names of the devices that have a reservation, in order. */
  devicesOf(id: InstanceId): string[];
  /** Lets packets of the NIC's own MAC and addresses through, before the link appears. Idempotent. */
  admit(id: InstanceId, device: string): Promise<void>;
  /** Takes that back. Idempotent. */
  dismiss(id: InstanceId, device: string): Promise<void>;
  /** Gives back MAC, addresses and name. Idempotent. */
  release(id: InstanceId, device: string): Promise<void>;
  rename(id: InstanceId, name: string): Promise<void>;
  /** What goes into the guests' resolv.conf. */
  resolver(): { nameservers: string[]; search: string };
  /** Name of the bridge and its own addresses in CIDR form. */
  bridge(): { name: string; ipv4: string | undefined; ipv6: string | undefined };
}

export interface NicRequest {
  id: InstanceId;
  /** The instance's name: what the others resolve. */
  instanceName: string;
  /** Name of the device in the instance's config, `eth0`; also its name inside. */
  device: string;
  index: number;
  /** Asked-for values; absent: chosen. Throws `exists` when another instance has them, `invalid` outside the subnet. */
  mac?: string | undefined;
  ipv4?: string | undefined;
}
