import { readFile } from 'node:fs/promises';
import type { Logger } from '#base/logger.ts';
import type { Programs } from '../process/programs.ts';
import type { Subnet } from './addresses.ts';
import { cidrOf, formatAddress, formatSubnet, gatewayOf } from './addresses.ts';
import type { BridgePlan } from './bridge.ts';
import { bridgePorts, findBridge, planBridgeAddresses, planBridgeLink, removeBridge } from './bridge.ts';
import { Dnsmasq } from './dnsmasq.ts';
import { findForeignFirewalls, obstacleText } from './foreign-firewalls.ts';
import { enableForwarding, hasIpv6, setBridgeSysctls } from './forwarding.ts';
import { ipBatch } from './ip.ts';
import { deriveMac, interfaceIdentifier } from './mac.ts';
import type { NamedNic } from './name-files.ts';
import { NameFiles } from './name-files.ts';
import type { NetworkNames } from './object-names.ts';
import { PacketFilter } from './packet-filter.ts';
import type { GuestNic } from './ruleset.ts';
import { ServantLeaf } from './servant-leaf.ts';
import type { Sysctls } from './sysctls.ts';
import { BorrowedSysctls } from './sysctls.ts';

export interface BridgeNetworkDeps {
  programs: Programs;
  sysctls: Sysctls;
  logger: Logger;
  names: NetworkNames;
  /** Gone after a reboot; others than root must be able to reach it. */
  runFolder: string;
  /** Shared by all daemons of the host, gone after a reboot. */
  sysctlFolder: string;
  leaseFile: string;
  /** cgroup v2 folder for dnsmasq. */
  leaf: string;
}

export interface NetworkPlan {
  ipv4: Subnet;
  ipv6: Subnet | undefined;
}

/** A NIC on the network. */
export interface NetworkNic extends NamedNic {
  /** The host's end. */
  link: string;
}

/** A bridge of this host with all that makes it a network: addresses, translation, guard, names, DHCP. */
export class BridgeNetwork {
  readonly names: NetworkNames;
  readonly #deps: BridgeNetworkDeps;
  readonly #borrowed: BorrowedSysctls;
  readonly #filter: PacketFilter;
  readonly #nameFiles: NameFiles;
  readonly #dnsmasq: Dnsmasq;

  constructor(deps: BridgeNetworkDeps) {
    const { programs, logger, names, runFolder, leaseFile, leaf } = deps;
    this.names = names;
    this.#deps = deps;
    this.#borrowed = new BorrowedSysctls(deps.sysctls, deps.sysctlFolder);
    this.#filter = new PacketFilter(programs);
    this.#nameFiles = new NameFiles(runFolder);
    this.#dnsmasq = new Dnsmasq({
      programs,
      logger,
      folder: runFolder,
      leaseFile,
      names: this.#nameFiles,
      leaf: new ServantLeaf(leaf),
    });
  }

  hasIpv6(): boolean {
    return hasIpv6(this.#deps.sysctls);
  }

  /** The host's addresses on the bridge, in CIDR form; none when it is not there. */
  async addresses(): Promise<string[]> {
    return (await findBridge(this.#deps.programs, this.names.bridge))?.addresses ?? [];
  }

  /**
   * Makes what is missing and keeps what is there; NICs whose link is there are let through. Returns what it
   * changed in the settings of the whole host, for people.
   */
  async open(plan: NetworkPlan, nics: readonly NetworkNic[]): Promise<string[]> {
    await this.#openBridge(plan);
    const changes = enableForwarding(this.#deps.sysctls, this.#borrowed, plan.ipv6 !== undefined);
    await Promise.all([this.#openFilter(plan, nics), this.#openNames(plan, nics)]);
    return changes;
  }

  /** What other firewalls of this host do to the guests, and what helps. */
  async obstacles(): Promise<string[]> {
    const { programs, sysctls } = this.#deps;
    return (await findForeignFirewalls(programs, sysctls, this.names.bridge)).map(obstacleText);
  }

  /** Lets packets of the NIC through, before its link appears. */
  async admit(nic: NetworkNic): Promise<void> {
    await this.#filter.admit(asGuest(nic));
  }

  /** Never admitted: succeeds. */
  async dismiss(link: string): Promise<void> {
    await this.#filter.dismiss(link);
  }

  isAdmitted(link: string): boolean {
    return this.#filter.isAdmitted(link);
  }

  /** Makes the instance's name lead to the NIC, and DHCP give it its address. */
  async announce(nic: NetworkNic): Promise<void> {
    if (await this.#nameFiles.put(nic)) this.#dnsmasq.reload();
  }

  /** Never announced: succeeds. */
  async withdraw(key: string): Promise<void> {
    if (await this.#nameFiles.remove(key)) this.#dnsmasq.reload();
  }

  /** Leaves everything working. */
  async close(): Promise<void> {
    await this.#dnsmasq.close();
  }

  /** Takes everything away. Nothing there: succeeds. */
  async remove(): Promise<void> {
    const { programs } = this.#deps;
    await this.#dnsmasq.stop();
    await this.#filter.remove(this.names.table);
    await removeBridge(programs, this.names.bridge);
    if (!(await hasOtherNetworks(programs, this.names.table))) this.#borrowed.restore();
  }

  async #openBridge({ ipv4, ipv6 }: NetworkPlan): Promise<void> {
    const { programs, sysctls } = this.#deps;
    const { bridge, table } = this.names;
    const plan: BridgePlan = {
      name: bridge,
      mac: deriveMac(`bridge of ${table}`),
      addresses: [ipv4, ipv6].flatMap((subnet) => (subnet ? [cidrOf(gatewayOf(subnet), subnet)] : [])),
    };
    const observed = await findBridge(programs, bridge);
    const purpose = `make bridge ${bridge}`;
    await ipBatch(programs, planBridgeLink(plan, observed), purpose);
    setBridgeSysctls(sysctls, bridge, ipv6 !== undefined);
    await ipBatch(programs, planBridgeAddresses(plan, observed), purpose);
  }

  async #openFilter({ ipv4, ipv6 }: NetworkPlan, nics: readonly NetworkNic[]): Promise<void> {
    const { bridge, linkPrefix, table } = this.names;
    const present = new Set(await bridgePorts(this.#deps.programs, bridge));
    const plan = { table, linkPrefix, ipv4: formatSubnet(ipv4), ipv6: ipv6 && formatSubnet(ipv6) };
    await this.#filter.open(plan, nics.filter(({ link }) => present.has(link)).map(asGuest));
  }

  async #openNames({ ipv4, ipv6 }: NetworkPlan, nics: readonly NetworkNic[]): Promise<void> {
    const mustReload = await this.#nameFiles.open(nics);
    await this.#dnsmasq.start({
      bridge: this.names.bridge,
      ipv4: formatSubnet(ipv4),
      hasIpv6: ipv6 !== undefined,
      user: await unprivilegedUser(),
    });
    if (mustReload) this.#dnsmasq.reload();
  }
}

/** What the guard lets through: besides its addresses, the one that IPv6 makes for the link of every MAC. */
function asGuest({ link, mac, ipv4, ipv6 }: NetworkNic): GuestNic {
  const linkLocal = formatAddress(6, (0xfe80n << 112n) | interfaceIdentifier(mac));
  return { link, mac, ipv4, ipv6: ipv6 === undefined ? [linkLocal] : [ipv6, linkLocal] };
}

/** Whether another daemon of this host has a network. */
async function hasOtherNetworks(programs: Programs, table: string): Promise<boolean> {
  const { stdout } = await programs.run(['nft', '-j', 'list', 'tables'], {
    purpose: 'look for other networks',
  });
  const { nftables } = JSON.parse(stdout) as { nftables: { table?: { name: string } }[] };
  return nftables.some((entry) => entry.table?.name.startsWith('wadah_') && entry.table.name !== table);
}

/** Whom dnsmasq becomes once it has its sockets. */
async function unprivilegedUser(): Promise<string> {
  const users = await readFile('/etc/passwd', 'utf8');
  return /^dnsmasq:/m.test(users) ? 'dnsmasq' : 'nobody';
}
