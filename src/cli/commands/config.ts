import { changeInstance, putInstance, type WritableInstance, writableInstance } from '../change.ts';
import { type Group, defineCommand, flag, one, some } from '../command.ts';
import { configValue } from '../config-value.ts';
import { assignments, instances, setKeys, settableKeys } from '../completion/completers.ts';
import { adviseOfPending } from '../pending.ts';
import { edit as editDocument } from '../edit.ts';
import { documentFormats } from '../output/output.ts';
import { parseSettings, withoutKeys } from '../values.ts';

const name = one('Name of an instance', instances());
const force = flag('Lower a limit even where programs inside are killed for it', 'f');
const expanded = flag('Together with what its profiles say', 'e');

const get = defineCommand({
  summary: 'Print the value of a config key',
  arguments: { name, key: one('The key', settableKeys) },
  options: { expanded },
  examples: [{ line: 'wadah config get web1 limits.memory', note: 'Print its memory limit' }],
  async run({ client, output }, { name: instance, key }, options) {
    const found = await client.read('/1.0/instances/{name}', { params: { name: instance } });
    output.print(configValue(options.expanded ? found.expanded_config : found.config, key));
  },
});

const set = defineCommand({
  summary: 'Set config keys of an instance',
  description:
    'Live keys change a running instance at once, all of them or none; the others wait for its next start.',
  arguments: { name, values: some('key=value, or one key and its value', assignments) },
  options: { force },
  examples: [
    { line: 'wadah config set web1 limits.memory=1GiB limits.cpu=2', note: 'Change two limits' },
    { line: 'wadah config set web1 user.role web', note: 'Note something of your own' },
  ],
  async run(context, { name: instance, values }, options) {
    const config = parseSettings(values);
    const change = ({ config: old }: WritableInstance) => ({ config: { ...old, ...config } });
    await changeInstance(context, instance, change, options);
    await adviseOfPending(context, instance, Object.keys(config));
  },
});

const unset = defineCommand({
  summary: 'Remove config keys of an instance',
  arguments: { name, keys: some('The keys', setKeys) },
  options: {},
  examples: [{ line: 'wadah config unset web1 limits.memory', note: 'Lift its memory limit' }],
  async run(context, { name: instance, keys }) {
    await changeInstance(context, instance, ({ config }) => ({
      config: withoutKeys(config, keys, whereElse),
    }));
    await adviseOfPending(context, instance, keys);
  },
});

const whereElse = 'Keys that come from a profile are changed there; see `wadah config show --expanded`.';

const show = defineCommand({
  summary: 'Show the configuration of an instance',
  arguments: { name },
  options: { expanded },
  formats: documentFormats,
  examples: [
    { line: 'wadah config show web1', note: 'Show what was set on it' },
    { line: 'wadah config show web1 --expanded', note: 'Show what applies, profiles included' },
  ],
  async run({ client, output }, { name: instance }, options) {
    const found = await client.read('/1.0/instances/{name}', { params: { name: instance } });
    const writable = writableInstance(found);
    const { expanded_config: config, expanded_devices: devices } = found;
    await output.document({ name: instance, ...writable, ...(options.expanded && { config, devices }) });
  },
});

const edit = defineCommand({
  summary: 'Edit the configuration of an instance as YAML',
  description: 'In $VISUAL or $EDITOR, or from standard input where that is no terminal.',
  arguments: { name },
  options: {},
  examples: [
    { line: 'wadah config edit web1', note: 'Edit it' },
    { line: 'wadah config edit web1 < web1.yaml', note: 'Replace it' },
  ],
  async run(context, { name: instance }) {
    await editDocument(context, {
      title: `Configuration of ${instance}`,
      async read() {
        const found = await context.client.readTagged('/1.0/instances/{name}', {
          params: { name: instance },
        });
        return { ...found, value: writableInstance(found.value) };
      },
      write: (value, etag) => putInstance(context, instance, value, { etag }),
    });
  },
});

export const config: Group = {
  summary: 'Read and change the configuration of instances',
  commands: {
    get: async () => get,
    set: async () => set,
    unset: async () => unset,
    show: async () => show,
    edit: async () => edit,
    device: async () => (await import('./device.ts')).device,
  },
};
