import { capabilityNames } from '../capabilities.ts';
import { key } from './key.ts';
import { bool, type ValueKind } from './kinds.ts';

const idsPerStep = 65_536;
const mostIds = 2 ** 26;

const idCount: ValueKind<number> = {
  parse(text) {
    const ids = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    return ids >= idsPerStep && ids <= mostIds && ids % idsPerStep === 0 ? ids : undefined;
  },
  expects: `a multiple of ${idsPerStep}, at most ${mostIds}`,
  examples: [String(idsPerStep), String(2 * idsPerStep)],
};

/** Words between commas, blanks or line ends; `read` turns each into what it names. */
const list = (
  read: (word: string) => string | undefined,
  expects: string,
  examples: string[],
): ValueKind<string[]> => ({
  parse(text) {
    const members = text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(read);
    return members.length > 0 && members.every((each) => each !== undefined) ? members : undefined;
  },
  expects,
  examples,
});

const capabilities = list(
  (word) =>
    capabilityNames.find((name) => name === word.toUpperCase() || name === `CAP_${word.toUpperCase()}`),
  'names of capabilities such as CAP_SYSLOG',
  ['CAP_SYSLOG', 'CAP_NET_RAW'],
);

const systemCalls = list(
  (word) => (/^[a-z_][a-z0-9_]{1,40}$/.test(word) ? word : undefined),
  'names of system calls such as ptrace',
  ['ptrace', 'mount,umount2'],
);

const container = { types: ['container'] } as const;

/** What guests may do, and what stands between them and the host. */
export const securityKeys = {
  'security.privileged': key({
    kind: bool,
    default: false,
    ...container,
    help: 'Run without a user namespace; root inside is root on the host. Only for guests that you trust',
  }),
  'security.nesting': key({
    kind: bool,
    default: false,
    ...container,
    help: 'Let containers run inside: they may mount a /proc and a /sys of their own, and use kernel keys',
  }),
  'security.idmap.size': key({
    kind: idCount,
    default: idsPerStep,
    ...container,
    help: 'How many users and groups it can have',
  }),
  'security.capabilities.add': key({
    kind: capabilities,
    ...container,
    help: 'Capabilities that root inside gets besides the usual ones',
  }),
  'security.capabilities.drop': key({
    kind: capabilities,
    ...container,
    help: 'Capabilities that not even root inside has',
  }),
  'security.syscalls.deny': key({
    kind: systemCalls,
    ...container,
    help: 'System calls that are refused besides the usual ones',
  }),
  'security.syscalls.deny_default': key({
    kind: bool,
    default: true,
    ...container,
    help: 'Refuse what is usually refused, such as loading kernel modules, io_uring and setting the clock',
  }),
  'security.syscalls.allow': key({
    kind: systemCalls,
    ...container,
    help: 'The only system calls that are not refused, but for those of deny; unset: all but the usual ones',
  }),
};
