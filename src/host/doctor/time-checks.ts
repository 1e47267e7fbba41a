import { type Check, note, ok, problem } from './check.ts';

/** No clock can be right that is behind this. */
const birth = Date.UTC(2026, 0, 1);
/** 32-bit time ends in 2038, and many file formats with it. */
const end = Date.UTC(2038, 0, 1);

const sanity: Check = {
  name: 'clock',
  area: 'time',
  about: 'whether the clock can be right',
  meaning: 'Signatures of packages and certificates look expired or not yet valid: images cannot be built.',
  remedy: 'timedatectl set-ntp true, or: date --set',
  isCheap: true,
  run({ now }) {
    const time = now();
    const what = `The clock says ${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    return time < birth || time > end ? problem(`${what}, which cannot be`) : ok(what);
  },
};

const synchronisation: Check = {
  name: 'clock-synchronised',
  area: 'time',
  about: 'whether something keeps the kernel’s clock right',
  meaning:
    'It drifts, for the host and all instances: containers share it, virtual machines start from it. Logs, certificates and clusters suffer first.',
  remedy: 'apt-get install systemd-timesyncd (or chrony), or in a container: look at its host',
  isCheap: true,
  run: ({ isClockSynchronised }) =>
    isClockSynchronised()
      ? ok('It follows another clock')
      : note('Nothing that the kernel knows of keeps the clock right'),
};

export const timeChecks: readonly Check[] = [sanity, synchronisation];
