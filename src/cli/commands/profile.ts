import { listProfiles } from '#client/lists.ts';
import type { Profile } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import { type WritableProfile, changeInstance, changeProfile, writableProfile } from '../change.ts';
import { type Group, defineCommand, list as several, one, some, text } from '../command.ts';
import { configValue } from '../config-value.ts';
import { assignments, instances, profileKeys, profiles, usedProfiles } from '../completion/completers.ts';
import { edit as editDocument } from '../edit.ts';
import { forEach } from '../operations.ts';
import { documentFormats, listFormats } from '../output/output.ts';
import { parseAssignments, parseDevices, parseSettings, withoutKeys } from '../values.ts';

const name = one('Name of a profile', profiles);
const instance = one('Name of an instance', instances());

const list = defineCommand({
  summary: 'List profiles',
  arguments: {},
  options: {},
  formats: listFormats,
  examples: [{ line: 'wadah profile list', note: 'Show all of them' }],
  async run({ client, output }) {
    const found = await listProfiles(client);
    await output.list<Profile>(
      found,
      [
        { head: 'NAME', text: (profile) => profile.name },
        { head: 'DESCRIPTION', text: (profile) => profile.description },
        { head: 'USED BY', text: (profile) => String(profile.used_by.length) },
      ],
      found,
    );
  },
});

const show = defineCommand({
  summary: 'Show a profile',
  arguments: { name },
  options: {},
  formats: documentFormats,
  examples: [
    { line: 'wadah profile show default', note: 'Show what every instance includes unless told otherwise' },
  ],
  async run({ client, output }, args) {
    await output.document(await client.read('/1.0/profiles/{name}', { params: args }));
  },
});

const create = defineCommand({
  summary: 'Create a profile',
  arguments: { name: one('Name of the new profile') },
  options: {
    config: several({
      value: 'key=value',
      short: 'c',
      help: 'Set a config key; may be repeated',
      complete: assignments,
    }),
    device: several({ value: 'name,key=value,...', short: 'd', help: 'Add a device; may be repeated' }),
    description: text({ value: 'text', help: 'What it is for' }),
  },
  examples: [
    {
      line: 'wadah profile create small -c limits.memory=256MiB -c limits.cpu=1',
      note: 'Name a set of limits',
    },
  ],
  async run({ client, output }, args, options) {
    const body = {
      name: args.name,
      description: options.description ?? '',
      config: parseAssignments(options.config),
      devices: parseDevices(options.device),
    };
    await client.send('POST', '/1.0/profiles', { body });
    output.say(`Created profile ${args.name}`);
  },
});

const get = defineCommand({
  summary: 'Print the value of a config key of a profile',
  arguments: { name, key: one('The key', profileKeys) },
  options: {},
  examples: [{ line: 'wadah profile get small limits.memory', note: 'Print its memory limit' }],
  async run({ client, output }, args) {
    const { config } = await client.read('/1.0/profiles/{name}', { params: args });
    output.print(configValue(config, args.key));
  },
});

const atOnce = 'Live keys change the running instances that use it at once, the others at their next start.';

const set = defineCommand({
  summary: 'Set config keys of a profile',
  description: atOnce,
  arguments: { name, values: some('key=value, or one key and its value', assignments) },
  options: {},
  examples: [
    { line: 'wadah profile set small limits.memory=128MiB limits.cpu=1', note: 'Change two limits' },
    { line: 'wadah profile set default user.owner me', note: 'Note something of your own' },
  ],
  async run(context, { name: profile, values }) {
    const settings = parseSettings(values);
    await changeProfile(context, profile, ({ config }) => ({ config: { ...config, ...settings } }));
  },
});

const unset = defineCommand({
  summary: 'Remove config keys of a profile',
  description: atOnce,
  arguments: { name, keys: some('The keys', profileKeys) },
  options: {},
  examples: [{ line: 'wadah profile unset small limits.memory', note: 'Lift its memory limit' }],
  async run(context, { name: profile, keys }) {
    const hint = `See what is: wadah profile show ${profile}`;
    await changeProfile(context, profile, ({ config }) => ({ config: withoutKeys(config, keys, hint) }));
  },
});

const edit = defineCommand({
  summary: 'Edit a profile as YAML',
  description: `In $VISUAL or $EDITOR, or from standard input where that is no terminal. Live keys change the running instances
that use it at once.`,
  arguments: { name },
  options: {},
  examples: [
    { line: 'wadah profile edit default', note: 'Edit it' },
    { line: 'wadah profile edit small < small.yaml', note: 'Replace it' },
  ],
  async run(context, args) {
    await editDocument<WritableProfile>(context, {
      title: `Profile ${args.name}`,
      async read() {
        const found = await context.client.readTagged('/1.0/profiles/{name}', { params: args });
        return { ...found, value: writableProfile(found.value) };
      },
      write: (body, etag) => context.client.send('PUT', '/1.0/profiles/{name}', { params: args, body, etag }),
    });
  },
});

const add = defineCommand({
  summary: 'Let an instance include a profile',
  description: 'It is applied after those that the instance includes already.',
  arguments: { instance, profile: name },
  options: {},
  examples: [{ line: 'wadah profile add web1 small', note: 'Apply small to web1' }],
  async run(context, args) {
    await changeInstance(context, args.instance, ({ profiles: included }) => {
      if (!included.includes(args.profile)) return { profiles: [...included, args.profile] };
      throw new Fault('exists', `${args.instance} includes the profile "${args.profile}" already`);
    });
    context.output.say(`Added profile ${args.profile} to ${args.instance}`);
  },
});

const remove = defineCommand({
  summary: 'Let an instance no longer include a profile',
  arguments: { instance, profile: one('Name of a profile', usedProfiles) },
  options: {},
  examples: [{ line: 'wadah profile remove web1 small', note: 'Take small away from web1' }],
  async run(context, args) {
    await changeInstance(context, args.instance, ({ profiles: included }) => {
      if (included.includes(args.profile))
        return { profiles: included.filter((each) => each !== args.profile) };
      throw new Fault('not-found', `${args.instance} does not include the profile "${args.profile}"`, {
        hint: included.length > 0 ? `It includes ${included.join(', ')}.` : 'It includes none.',
      });
    });
    context.output.say(`Removed profile ${args.profile} from ${args.instance}`);
  },
});

const rename = defineCommand({
  summary: 'Rename a profile',
  arguments: { name, newName: one('The name that it gets') },
  options: {},
  examples: [{ line: 'wadah profile rename small tiny', note: 'Call small tiny' }],
  async run({ client, output }, { name: old, newName }) {
    await client.send('POST', '/1.0/profiles/{name}', { params: { name: old }, body: { name: newName } });
    output.say(`Renamed profile ${old} to ${newName}`);
  },
});

const destroy = defineCommand({
  summary: 'Delete profiles that no instance uses',
  arguments: { names: some('Names of profiles', profiles) },
  options: {},
  examples: [{ line: 'wadah profile delete small', note: 'Delete one' }],
  async run(context, { names }) {
    return await forEach(context, names, async (each) => {
      await context.client.send('DELETE', '/1.0/profiles/{name}', { params: { name: each } });
      context.output.say(`Deleted profile ${each}`);
    });
  },
});

export const profile: Group = {
  summary: 'Manage profiles, named sets of configuration',
  commands: {
    list: async () => list,
    show: async () => show,
    create: async () => create,
    get: async () => get,
    set: async () => set,
    unset: async () => unset,
    edit: async () => edit,
    add: async () => add,
    remove: async () => remove,
    rename: async () => rename,
    delete: async () => destroy,
  },
  aliases: { ls: 'list', rm: 'delete' },
};
