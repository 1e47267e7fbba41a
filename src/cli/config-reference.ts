import { code, table } from '#base/markdown.ts';
import { type ConfigKey, configFamilies, configKeys } from '#model/config-keys.ts';
import { type DeviceType, deviceTypes } from '#model/device.ts';
import type { InstanceType } from '#model/instance.ts';

const typeNames = { container: 'container', 'virtual-machine': 'VM' } as const;

const namesOf = (types: readonly InstanceType[]): string => types.map((type) => typeNames[type]).join(', ');

/** The text of `docs/reference/config.md`. */
export function configText(): string {
  const keys = Object.entries<ConfigKey>(configKeys).map(([name, key]) => [
    code(name),
    key.help,
    key.kind.expects,
    key.default === undefined ? '' : code(String(key.default)),
    namesOf(key.types),
    liveText(key),
  ]);
  const families = Object.entries(configFamilies).map(([prefix, { help, types, live }]) => [
    code(`${prefix}*`),
    help,
    namesOf(types),
    namesOf(live),
  ]);
  return `# Config keys

Set on an instance with \`wadah config set\`, or on a profile with \`wadah profile edit\`. A key that is *live* for a type
changes running instances of it at once; on the others the change is kept, and shown by \`wadah info\`, until the next start.

${table(['key', 'meaning', 'value', 'default', 'serves', 'live'], keys)}
Keys whose last part is free:

${table(['keys', 'meaning', 'serves', 'live'], families)}
## Devices

Added with \`wadah config device add\`, changed with \`wadah config device set\`. Devices of a type that can be plugged
come, change and go while the instance runs; of others, options that are live change at once.

${Object.entries(deviceTypes)
  .map(([name, type]) => deviceText(name, type))
  .join('\n')}`;
}

function deviceText(type: string, { help, types, hotplug, options }: DeviceType): string {
  const rows = Object.entries(options).map(([name, option]) => [
    code(name),
    option.help,
    option.isRequired ? `${option.kind.expects}; required` : option.kind.expects,
    liveText(option),
  ]);
  const plug = hotplug.length > 0 ? ` Can be plugged: ${namesOf(hotplug)}.` : '';
  const head = `### ${type}\n\n${help}. Serves: ${namesOf(types)}.${plug}\n`;
  return rows.length > 0 ? `${head}\n${table(['option', 'meaning', 'value', 'live'], rows)}` : head;
}

function liveText({ live, liveWhen }: Pick<ConfigKey, 'live' | 'liveWhen'>): string {
  const sometimes = Object.entries(liveWhen).map(
    ([type, { says }]) => `${typeNames[type as InstanceType]} where ${says}`,
  );
  return [namesOf(live), ...sometimes].filter(Boolean).join(', ');
}
