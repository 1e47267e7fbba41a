import type { BridgeNetwork, NetworkNic, NetworkPlan } from '#host/network/bridge-network.ts';
import { networkNames } from '#host/network/object-names.ts';

/** A bridge that only notes who is on it; for tests. */
export class FakeBridgeNetwork implements Pick<BridgeNetwork, keyof BridgeNetwork> {
  readonly names = networkNames('1a2b', true);
  readonly admitted = new Map<string, NetworkNic>();
  readonly announced = new Map<string, NetworkNic>();
  plan: NetworkPlan | undefined;
  ipv6 = true;

  hasIpv6(): boolean {
    return this.ipv6;
  }

  async addresses(): Promise<string[]> {
    return [];
  }

  async open(plan: NetworkPlan, nics: readonly NetworkNic[]): Promise<string[]> {
    this.plan = plan;
    for (const nic of nics) this.announced.set(nic.key, nic);
    return [];
  }

  async obstacles(): Promise<string[]> {
    return [];
  }

  async admit(nic: NetworkNic): Promise<void> {
    this.admitted.set(nic.link, nic);
  }

  async dismiss(link: string): Promise<void> {
    this.admitted.delete(link);
  }

  isAdmitted(link: string): boolean {
    return this.admitted.has(link);
  }

  async announce(nic: NetworkNic): Promise<void> {
    this.announced.set(nic.key, nic);
  }

  async withdraw(key: string): Promise<void> {
    this.announced.delete(key);
  }

  async close(): Promise<void> {}

  async remove(): Promise<void> {
    this.admitted.clear();
    this.announced.clear();
  }
}
