import { listAliases } from '#client/lists.ts';
import type { ImageAlias } from '#contract/contract.ts';
import { type Group, defineCommand, one, some, text } from '../command.ts';
import { aliases, images } from '../completion/completers.ts';
import { fingerprintOf } from '../image-choice.ts';
import { forEach } from '../operations.ts';
import { listFormats } from '../output/output.ts';

const create = defineCommand({
  summary: 'Give an image another name',
  arguments: {
    name: one('The new name'),
    image: one('Another name of the image, or the beginning of its fingerprint', images),
  },
  options: { description: text({ value: 'text', help: 'What the name stands for' }) },
  examples: [{ line: 'wadah image alias create stable debian/12', note: 'Let stable mean Debian 12' }],
  async run(context, { name, image }, { description }) {
    const target = await fingerprintOf(context, image);
    const body = { name, target, ...(description !== undefined && { description }) };
    await context.client.send('POST', '/1.0/images/aliases', { body });
    context.output.say(`${name} now means ${target.slice(0, 12)}`);
  },
});

const list = defineCommand({
  summary: 'List the names of images',
  arguments: {},
  options: {},
  formats: listFormats,
  examples: [{ line: 'wadah image alias list', note: 'Show what each name means' }],
  async run({ client, output }) {
    const found = await listAliases(client);
    await output.list<ImageAlias>(
      found,
      [
        { head: 'NAME', text: ({ name }) => name },
        { head: 'FINGERPRINT', text: ({ target }) => target.slice(0, 12) },
        { head: 'DESCRIPTION', text: ({ description }) => description },
      ],
      found,
    );
  },
});

const rename = defineCommand({
  summary: 'Change the name of an image',
  arguments: { name: one('Its name', aliases), newName: one('The name that it gets instead') },
  options: {},
  examples: [{ line: 'wadah image alias rename stable oldstable', note: 'Call stable oldstable' }],
  async run({ client, output }, { name, newName }) {
    await client.send('POST', '/1.0/images/aliases/{name}', { params: { name }, body: { name: newName } });
    output.say(`Renamed ${name} to ${newName}`);
  },
});

const remove = defineCommand({
  summary: 'Take names away from images; the images stay',
  arguments: { names: some('Names of images', aliases) },
  options: {},
  examples: [{ line: 'wadah image alias delete stable', note: 'Take one away' }],
  async run(context, { names }) {
    return await forEach(context, names, async (name) => {
      await context.client.send('DELETE', '/1.0/images/aliases/{name}', { params: { name } });
      context.output.say(`Deleted the name ${name}`);
    });
  },
});

export const alias: Group = {
  summary: 'Manage the names of images',
  commands: {
    create: async () => create,
    list: async () => list,
    rename: async () => rename,
    delete: async () => remove,
  },
  aliases: { ls: 'list', rm: 'delete' },
};
