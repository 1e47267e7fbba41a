import type { FaultCode } from '#model/fault.ts';

/** What each exit status says. Scripts rely on these numbers: add, never change. */
export const exitCodes = {
  ok: { status: 0, meaning: 'It worked.' },
  failure: { status: 1, meaning: 'The host refused, or Wadah has a bug.' },
  usage: { status: 2, meaning: 'The command line or a value in it is malformed.' },
  notFound: { status: 3, meaning: 'There is nothing of that name.' },
  wrongState: { status: 4, meaning: 'Not while the instance is in its present state.' },
  busy: { status: 5, meaning: 'Something else works on it, or changed it meanwhile. Trying again may help.' },
  exists: { status: 6, meaning: 'The name is taken.' },
  forbidden: { status: 7, meaning: 'You may not do that.' },
  insufficient: { status: 8, meaning: 'Not enough memory, disk, addresses or the like.' },
  unsupported: { status: 9, meaning: 'This host, image or type of instance cannot do that.' },
  unfit: { status: 10, meaning: '`wadah doctor` found a problem on this host.' },
  timedOut: { status: 124, meaning: 'It took longer than it was allowed to.' },
  unavailable: {
    status: 125,
    meaning: 'The daemon does not answer. From `exec` and `shell`: the command was not run.',
  },
  interrupted: { status: 130, meaning: 'Cancelled, by Ctrl-C or by somebody else.' },
  brokenPipe: { status: 141, meaning: 'Whoever read the output went away.' },
} as const;

const ofFault: Record<FaultCode, keyof typeof exitCodes> = {
  invalid: 'usage',
  'not-found': 'notFound',
  exists: 'exists',
  'wrong-state': 'wrongState',
  busy: 'busy',
  conflict: 'busy',
  forbidden: 'forbidden',
  insufficient: 'insufficient',
  unsupported: 'unsupported',
  'timed-out': 'timedOut',
  cancelled: 'interrupted',
  unavailable: 'unavailable',
  host: 'failure',
  internal: 'failure',
};

export function exitStatusOf(code: FaultCode): number {
  return exitCodes[ofFault[code]].status;
}
