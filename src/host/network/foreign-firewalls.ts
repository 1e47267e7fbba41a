import type { Programs } from '../process/programs.ts';
import type { Sysctls } from './sysctls.ts';

/** One object of `nft -j list ruleset`. */
interface RulesetEntry {
  chain?: { family: string; table: string; name: string; hook?: string; policy?: string };
  rule?: { family: string; table: string };
  table?: { family: string; name: string };
}

/** What a firewall does to the guests of a bridge, as a sentence without its full stop, and the command that helps. */
export interface Obstacle {
  harm: string;
  remedy: string;
}

export const obstacleText = ({ harm, remedy }: Obstacle): string => `${harm}. Run: ${remedy}`;

/**
 * What other firewalls of this host do to the guests of a bridge, and what helps. Nothing of theirs is touched: a
 * packet must pass every table, and theirs are their owner's business.
 */
export async function findForeignFirewalls(
  programs: Programs,
  sysctls: Sysctls,
  bridge: string,
): Promise<Obstacle[]> {
  const { stdout } = await programs.run(['nft', '-j', 'list', 'ruleset'], {
    purpose: 'look for other firewalls',
  });
  const { nftables } = JSON.parse(stdout) as { nftables: RulesetEntry[] };
  const filtersBridges = sysctls.read('net/bridge/bridge-nf-call-iptables') === '1';
  return explainFirewalls(nftables, bridge, filtersBridges);
}

/** `filtersBridges`: packets between guests pass the host's IP chains too (br_netfilter). */
export function explainFirewalls(
  ruleset: readonly RulesetEntry[],
  bridge: string,
  filtersBridges: boolean,
): Obstacle[] {
  const tables = new Map<string, RulesetEntry[]>();
  for (const entry of ruleset) {
    const owner = tableOf(entry);
    if (owner === undefined || owner.includes(' wadah_')) continue;
    tables.set(owner, [...(tables.get(owner) ?? []), entry]);
  }
  return [...tables].flatMap(([table, entries]) => {
    // Whoever has rules for our bridge knows about it.
    if (entries.some(({ rule }) => rule && JSON.stringify(rule).includes(`"${bridge}"`))) return [];
    return explainTable(table, entries, bridge, filtersBridges);
  });
}

/** `ip filter`. */
function tableOf({ chain, rule, table }: RulesetEntry): string | undefined {
  if (table) return `${table.family} ${table.name}`;
  const member = chain ?? rule;
  return member && `${member.family} ${member.table}`;
}

function explainTable(
  table: string,
  entries: readonly RulesetEntry[],
  bridge: string,
  filtersBridges: boolean,
): Obstacle[] {
  if (table === 'inet firewalld') {
    const remedy = `firewall-cmd --permanent --zone=trusted --add-interface=${bridge} && firewall-cmd --reload`;
    return [{ harm: `firewalld rejects what guests on ${bridge} send`, remedy }];
  }
  const chains = entries.flatMap(({ chain }) => chain ?? []);
  const accept = acceptingCommand(
    table,
    chains.map(({ name }) => name),
  );
  return chains
    .filter(({ policy }) => policy === 'drop')
    .flatMap(({ hook, name }) => {
      const said = `The chain ${name} of table ${table} drops by default: guests on ${bridge}`;
      const comes = accept(name, 'in', bridge);
      if (hook === 'input')
        return { harm: `${said} get neither names nor addresses from this host`, remedy: comes };
      if (hook !== 'forward') return [];
      const whom = filtersBridges ? 'other networks, nor each other' : 'other networks';
      return { harm: `${said} do not reach ${whom}`, remedy: `${comes} && ${accept(name, 'out', bridge)}` };
    });
}

type AcceptingCommand = (chain: string, direction: 'in' | 'out', bridge: string) => string;

/** How the owner of a table is told to accept what comes in from a link, or goes out by it. */
function acceptingCommand(table: string, chains: readonly string[]): AcceptingCommand {
  if (chains.some((name) => name.startsWith('ufw'))) {
    return (chain, direction, bridge) =>
      `ufw ${chain === 'FORWARD' ? 'route ' : ''}allow ${direction} on ${bridge}`;
  }
  const iptables = { 'ip filter': 'iptables', 'ip6 filter': 'ip6tables' }[table];
  if (iptables === undefined) {
    return (chain, direction, bridge) =>
      `nft insert rule ${table} ${chain} ${direction[0]}ifname ${bridge} accept`;
  }
  // Docker makes its other rules anew whenever it starts.
  const forward = chains.includes('DOCKER-USER') ? 'DOCKER-USER' : 'FORWARD';
  return (chain, direction, bridge) =>
    `${iptables} -I ${chain === 'FORWARD' ? forward : chain} -${direction[0]} ${bridge} -j ACCEPT`;
}
