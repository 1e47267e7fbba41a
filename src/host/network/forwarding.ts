import type { BorrowedSysctls, Sysctls } from './sysctls.ts';

/** Whether this kernel and its administrator want IPv6. */
export function hasIpv6(sysctls: Sysctls): boolean {
  return sysctls.read('net/ipv6/conf/all/disable_ipv6') === '0';
}

const ipv6Forwarding = 'net/ipv6/conf/all/forwarding';

/** Lets the host pass packets on for its guests. Returns what it changed, for people. */
export function enableForwarding(sysctls: Sysctls, borrowed: BorrowedSysctls, wantsIpv6: boolean): string[] {
  const changes = [borrowed.set('net/ipv4/ip_forward', '1')];
  if (wantsIpv6 && sysctls.read(ipv6Forwarding) !== '1') {
    changes.push(...keepListeningToRouters(sysctls, borrowed), borrowed.set(ipv6Forwarding, '1'));
  }
  return changes.filter((change) => change !== undefined);
}

/** A host that forwards IPv6 stops listening to routers, and forgets their routes at once, unless told to go on. */
function keepListeningToRouters(sysctls: Sysctls, borrowed: BorrowedSysctls): (string | undefined)[] {
  return sysctls
    .list('net/ipv6/conf')
    .filter((link) => link !== 'all' && link !== 'default' && link !== 'lo')
    .map((link) => `net/ipv6/conf/${link}/accept_ra`)
    .filter((key) => sysctls.read(key) === '1')
    .map((key) => borrowed.set(key, '2'));
}

/** How the bridge itself behaves: as a router, which learns nothing from its guests. */
export function setBridgeSysctls(sysctls: Sysctls, bridge: string, wantsIpv6: boolean): void {
  sysctls.write(`net/ipv4/conf/${bridge}/send_redirects`, '0');
  if (!wantsIpv6) return;
  const settings = {
    disable_ipv6: '0',
    accept_ra: '0',
    autoconf: '0',
    accept_redirects: '0',
    accept_dad: '0',
  };
  for (const [name, value] of Object.entries(settings)) {
    sysctls.write(`net/ipv6/conf/${bridge}/${name}`, value);
  }
}
