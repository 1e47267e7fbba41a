import { groupAbilities } from '#engine/run-counters.ts';
import { poorerAbilities, usualAbilities } from '#host/beancounters/abilities.ts';
import { usualAbilities as rootAbilities } from '#host/storage/root-usage.ts';
import { configKeys } from '#model/config-keys.ts';
import { type CountedResource, type CounterAbility, countedResources } from '#model/counter.ts';

const abilities: Partial<Record<CountedResource, CounterAbility>> = {
  ...usualAbilities,
  ...groupAbilities,
  ...rootAbilities,
};
/** Limits whose key is named otherwise than the resource. */
const keys: Partial<Record<CountedResource, string>> = {
  swap: 'limits.memory.swap',
};
/** Limits that stand on the device `root`. */
const options: Partial<Record<CountedResource, string>> = { disk: 'size', inodes: 'size.inodes' };

const keyOf = (resource: string): string => keys[resource as CountedResource] ?? `limits.${resource}`;

/** The page of what is counted, and what is limited by which key: docs/reference/counters.md. */
export function countersText(): string {
  const rows = (Object.keys(countedResources) as CountedResource[]).map((resource) => {
    const { help, unit } = countedResources[resource];
    const { ability, reason } = abilities[resource] ?? { ability: 'none', reason: '' };
    const option = options[resource] && `\`${options[resource]}\` of the root disk`;
    const limit = option ?? (Object.hasOwn(configKeys, keyOf(resource)) ? `\`${keyOf(resource)}\`` : '');
    const poorer = (poorerAbilities as typeof abilities)[resource];
    const [can, why] = poorer
      ? [`${ability} ¹`, `${reason}; elsewhere: ${poorer.reason}`]
      : [ability, reason];
    return `| \`${resource}\` | ${help} | ${unit} | ${can} | ${limit} | ${why} |`;
  });
  return [
    '# Counters',
    '',
    'What `wadah counters`, `GET /1.0/instances/NAME/counters` and the metrics tell of each instance. Containers have all of',
    'them; of a virtual machine the host sees memory, swap, processes and disk, the rest is in a kernel of its own.',
    '*limited*: it can be kept below a limit; *counted*: only how much is held is known. Where the kernel keeps no peak, it',
    'is the most that was seen. The barrier is where the kernel begins to press: what `limits.memory` says when it is held',
    'softly, else the limit. Refusals of disk and inodes are not counted: no kernel tells how often it said that there is no',
    'room. A root disk without a size has no limit, and what it holds is known to whoever asks for that very instance. A host',
    'whose kernel does not take the programs for sockets says so for them, with the reason.',
    '',
    '| resource | what | unit | ability | key | by what, or why not |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    '¹ Where the kernel takes programs in front of its security functions: Linux 6.0 or newer, and `bpf` among the modules in',
    '`/sys/kernel/security/lsm`, as on Debian; elsewhere, as on Ubuntu, it is to be booted with the parameter `lsm=` and that',
    'list, `bpf` added. On a host that does not, they are *counted*, and setting such a limit is refused. `wadah doctor` tells.',
    '',
  ].join('\n');
}
