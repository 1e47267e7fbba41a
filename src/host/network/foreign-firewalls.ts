import type { Programs } from '../process/programs.ts';
import type { Sysctls } from './sysctls.ts';

/** One object of `nft -j list ruleset`. */
interface RulesetEntry {
  chain?: { family: string; table: string; name: string; hook?: string; policy?: string };
  rule?: { family: string; table: string };
  table?: { family: string; name: string };
}

/**
 * What other firewalls of this host do to the guests of a bridge, and what helps; one sentence or two for each.
 * Nothing of theirs is touched: a packet must pass every table, and theirs are their owner's business.
 */
export async function findForeignFirewalls(
  programs: Programs,
  sysctls: Sysctls,
  bridge: string,
): Promise<string[]> {
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
): string[] {
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
): string[] {
  if (table === 'inet firewalld')
    return [`firewalld rejects what guests on ${bridge} send. ${firewalldHelp(bridge)}`];
  const chains = entries.flatMap(({ chain }) => chain ?? []);
  const drops = (hook: string) => chains.find((chain) => chain.hook === hook && chain.policy === 'drop');
  const [forward, input] = [drops('forward'), drops('input')];
  const help = helpFor(
    chains.map(({ name }) => name),
    bridge,
  );
  const sentences = [];
  if (forward) {
    const whom = filtersBridges ? 'other networks, nor each other' : 'other networks';
    sentences.push(
      `The chain ${forward.name} of table ${table} drops by default: guests on ${bridge} do not reach ${whom}. ${help.forward}`,
    );
  }
  if (input) {
    sentences.push(
      `The chain ${input.name} of table ${table} drops by default: guests on ${bridge} get neither names nor addresses by DHCP from this host. ${help.input}`,
    );
  }
  return sentences;
}

function helpFor(chains: readonly string[], bridge: string): { forward: string; input: string } {
  if (chains.some((name) => name.startsWith('ufw-'))) {
    return {
      forward: `Run: ufw route allow in on ${bridge} && ufw route allow out on ${bridge}`,
      input: `Run: ufw allow in on ${bridge}`,
    };
  }
  const input = `Run: iptables -I INPUT -i ${bridge} -j ACCEPT`;
  if (chains.includes('DOCKER-USER')) {
    const chain = 'iptables -I DOCKER-USER';
    return {
      forward: `Docker did that. Run: ${chain} -i ${bridge} -j ACCEPT && ${chain} -o ${bridge} -j ACCEPT`,
      input,
    };
  }
  return {
    forward: `Add rules to it that accept packets from and to ${bridge}.`,
    input: `Add a rule to it that accepts packets from ${bridge}.`,
  };
}

function firewalldHelp(bridge: string): string {
  return `Run: firewall-cmd --permanent --zone=trusted --add-interface=${bridge} && firewall-cmd --reload`;
}
