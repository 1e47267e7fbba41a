import type { Finding } from './doctor.ts';

/** What the doctor found to be well, for tests. */
export const goodFinding: Finding = {
  check: 'ipv6',
  area: 'network',
  status: 'ok',
  what: 'It is on',
  meaning: '',
  remedy: '',
  fixable: false,
};
