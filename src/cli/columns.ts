import { formatBytes } from '#base/units.ts';
import type { InstanceFull } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import {
  addressTexts,
  imageText,
  processesText,
  spanText,
  stateOf,
  statePaint,
  timeText,
  typeText,
} from './instance-text.ts';
import type { Column } from './output/output.ts';
import { valueUnder } from './values.ts';

export interface InstanceColumn extends Column<InstanceFull> {
  /** The letter by which users of Incus know it. */
  letter: string;
  /** Whether it needs to know more than the configuration: the list is asked for with or without. */
  needsState: boolean;
}

const isUp = ({ state }: InstanceFull): boolean => state.pid > 0;
const whenUp = (instance: InstanceFull, text: string): string => (isUp(instance) ? text : '');
const fact = (letter: string, head: string, text: InstanceColumn['text']): InstanceColumn => ({
  letter,
  head,
  needsState: false,
  text,
});
const reading = (letter: string, head: string, text: InstanceColumn['text']): InstanceColumn => ({
  letter,
  head,
  needsState: true,
  text,
});

/** Every column of `list` that is no config key. */
export const instanceColumns: Readonly<Record<string, InstanceColumn>> = {
  name: fact('n', 'NAME', ({ name }) => name),
  state: {
    ...fact('s', 'STATE', (instance) => stateOf(instance).toUpperCase()),
    paint: statePaint,
  },
  type: fact('t', 'TYPE', typeText),
  ipv4: reading('4', 'IPV4', (instance) => addressTexts(instance, 'inet').join(' ')),
  ipv6: reading('6', 'IPV6', (instance) => addressTexts(instance, 'inet6').join(' ')),
  memory: reading('m', 'MEMORY', (it) => whenUp(it, formatBytes(it.state.memory.usage))),
  processes: reading('N', 'PROCESSES', (it) => whenUp(it, processesText(it.state))),
  cpu: reading('u', 'CPU TIME', (it) => whenUp(it, spanText(it.state.cpu.usage / 1e9))),
  pid: reading('p', 'PID', (it) => whenUp(it, String(it.state.pid))),
  disk: reading('D', 'DISK', ({ state }) => diskText(state.disk)),
  started: reading('U', 'STARTED', (it) => whenUp(it, timeText(it.state.started_at))),
  image: fact('i', 'IMAGE', imageText),
  fingerprint: fact('f', 'FINGERPRINT', ({ config }) => (config['volatile.base_image'] ?? '').slice(0, 12)),
  profiles: fact('P', 'PROFILES', ({ profiles }) => profiles.join(' ')),
  description: fact('d', 'DESCRIPTION', ({ description }) => description),
  architecture: fact('a', 'ARCHITECTURE', ({ architecture }) => architecture),
  created: fact('c', 'CREATED', ({ created_at: created }) => timeText(created)),
  used: fact('l', 'LAST USED', ({ last_used_at: used }) => timeText(used)),
};

export const defaultColumns = 'name,state,type,ipv4,memory,processes,image';

function diskText(disks: InstanceFull['state']['disk']): string {
  const bytes = Object.values(disks).reduce((sum, { usage }) => sum + usage, 0);
  return bytes > 0 ? formatBytes(bytes) : '';
}

/**
 * Columns from `name,state,ipv4`, from Incus's letters `ns4`, or from config keys such as `user.role`, in any
 * mixture with commas between. Throws `invalid`.
 */
export function parseColumns(text: string): InstanceColumn[] {
  return text.split(',').flatMap((part) => {
    if (Object.hasOwn(instanceColumns, part)) return instanceColumns[part] ?? [];
    if (part.includes('.')) return configColumn(part);
    return [...part].map((letter) => columnOfLetter(letter, part));
  });
}

function columnOfLetter(letter: string, part: string): InstanceColumn {
  const found = Object.values(instanceColumns).find((column) => column.letter === letter);
  if (found) return found;
  throw new Fault('invalid', `There is no column "${part}"`, {
    hint: `There are ${Object.keys(instanceColumns).join(', ')}, and every config key.`,
  });
}

const configColumn = (key: string): InstanceColumn =>
  fact('', key.toUpperCase(), (instance) => valueUnder(instance.expanded_config, key));
