import { type Check, ok, problem, warning } from './check.ts';
import type { IdSpan } from './host-view.ts';

const lastId = 2 ** 32 - 2;

const hostIds: Check = {
  name: 'host-ids',
  area: 'ids',
  about: 'whether all user ids of the kernel can be given to containers',
  meaning:
    'Containers do not start unless they are privileged: Wadah itself runs in a user namespace without their ids.',
  remedy: 'Run the daemon on the host itself, or in a virtual machine.',
  isCheap: true,
  run({ read }) {
    const ids = (read('/proc/self/uid_map') ?? '').trim().split(/\s+/).map(Number);
    const isWhole = ids.join(' ') === `0 0 ${lastId + 1}`;
    return isWhole ? ok('All of them') : problem(`Here there are ${ids[2] ?? 0} ids, from ${ids[1] ?? 0} on`);
  },
};

/** Somebody else to whom ids of the host are given. */
interface Owner extends IdSpan {
  who: string;
}

/** `name:first:count` of /etc/subuid and /etc/subgid. */
function parseSubordinateIds(text: string, file: string): Owner[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', first, count] = line.split(':');
    if (!/^\d+$/.test(first ?? '') || !/^\d+$/.test(count ?? '')) return [];
    return { who: `${name} in ${file}`, first: Number(first), last: Number(first) + Number(count) - 1 };
  });
}

/** `name:password:id:…` of /etc/passwd and /etc/group. */
function parseAccounts(text: string, file: string): Owner[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , id = ''] = line.split(':');
    return /^\d+$/.test(id) ? { who: `${name} in ${file}`, first: Number(id), last: Number(id) } : [];
  });
}

const overlap = (a: IdSpan, b: IdSpan): boolean => a.first <= b.last && b.first <= a.last;

const idRanges: Check = {
  name: 'id-ranges',
  area: 'ids',
  about:
    'whether the host ids of containers are given to others too, in /etc/subuid, /etc/subgid, /etc/passwd or /etc/group',
  meaning:
    'Programs of others with these ids can signal and trace those in containers, and the other way round.',
  remedy:
    'Give the others different ids (usermod --del-subuids, --add-subuids), or delete the line where nobody uses it any more.',
  isCheap: true,
  run({ read, idBlocks }) {
    const owners = [
      ...['/etc/subuid', '/etc/subgid'].flatMap((file) => parseSubordinateIds(read(file) ?? '', file)),
      ...['/etc/passwd', '/etc/group'].flatMap((file) => parseAccounts(read(file) ?? '', file)),
    ];
    const blocks = idBlocks();
    const taken = owners.filter((owner) => blocks.some((block) => overlap(owner, block)));
    const ours = blocks.map(({ first, last }) => `${first}–${last}`).join(', ');
    if (taken.length === 0) return ok(`${ours} are nobody else’s`);
    return taken.map(({ who, first, last }) =>
      warning(`${first}–${last} of ${who} meet those of containers (${ours})`),
    );
  },
};

export const idChecks: readonly Check[] = [hostIds, idRanges];
