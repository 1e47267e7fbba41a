import { Fault } from '#model/fault.ts';
import type { DeviceOptions, Devices } from '#model/device.ts';

/** `key=value` texts as an object; the value may hold further equals signs. Throws `invalid`. */
export function parseAssignments(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map(parseAssignment));
}

function parseAssignment(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new Fault('invalid', `"${text}" is not of the form key=value`, {
    hint: 'Such as limits.memory=512MiB.',
  });
}

/** What to set: `key=value` as often as it was given, or one key and its value apart. Throws `invalid`. */
export function parseSettings(words: readonly string[]): Record<string, string> {
  const [key = '', value] = words;
  const isPair = words.length === 2 && value !== undefined && !key.includes('=');
  return isPair ? { [key]: value } : parseAssignments(words);
}

/** The others. Throws `not-found`, with the hint, for a key that is not set. */
export function withoutKeys(
  config: Record<string, string>,
  keys: readonly string[],
  hint: string,
): Record<string, string> {
  const absent = keys.find((key) => !Object.hasOwn(config, key));
  if (absent !== undefined) throw new Fault('not-found', `"${absent}" is not set`, { hint });
  return Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
}

/** `eth0,type=nic,network=wadahbr0`, as often as it was given. Throws `invalid`. */
export function parseDevices(texts: readonly string[]): Devices {
  const devices: Devices = {};
  for (const text of texts) {
    const [name = '', ...assignments] = text.split(',');
    if (name === '' || name.includes('=') || assignments.length === 0) {
      throw new Fault('invalid', `"${text}" is no device`, {
        hint: 'Name it first, then its options: eth0,ipv4.address=10.77.0.9',
      });
    }
    devices[name] = { ...devices[name], ...(parseAssignments(assignments) as DeviceOptions) };
  }
  return devices;
}

/** What stands under a key; nothing for names that every object has. */
export function valueUnder(record: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(record, key) ? (record[key] ?? '') : '';
}

/** A whole number of at least `least`; for options. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw new Error(`It must be a whole number of at least ${least}.`);
  };
}

/** Permission bits in octal, such as 644 or 0755; for options. */
export function octalMode(text: string): number {
  if (/^0?[0-7]{3,4}$/.test(text)) return Number.parseInt(text, 8);
  throw new Error('It must be octal, such as 0644.');
}
