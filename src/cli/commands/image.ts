import { formatBytes } from '#base/units.ts';
import { listImages } from '#client/lists.ts';
import type { Image } from '#contract/contract.ts';
import { type Group, defineCommand, flag, one, some, text } from '../command.ts';
import { images } from '../completion/completers.ts';
import { fingerprintOf } from '../image-choice.ts';
import { timeText } from '../instance-text.ts';
import { forEach, runOperation } from '../operations.ts';
import { factLines } from '../output/facts.ts';
import { listFormats, textFormats } from '../output/output.ts';

const build = defineCommand({
  summary: "Build an image from a distribution's own packages",
  description: 'An image that was built already is kept, unless --force asks for a new one.',
  arguments: { recipe: one('What to build, such as debian/12 or busybox') },
  options: {
    alias: text({ value: 'name', help: "Name that it gets (default: the recipe's)" }),
    force: flag('Build it again, with the packages of today', 'f'),
  },
  examples: [
    { line: 'wadah image build debian/12', note: 'Build Debian 12, in about a minute' },
    { line: 'wadah image build busybox', note: 'Build a tiny image for trying things out, in a second' },
  ],
  async run(context, { recipe }, { alias, force }) {
    const body = {
      source: { type: 'wadah-build', recipe, force },
      ...(alias !== undefined && { aliases: [{ name: alias }] }),
    };
    const { metadata } = await runOperation(context, () =>
      context.client.begin('POST', '/1.0/images', { body }),
    );
    const fingerprint = String(metadata.fingerprint ?? '');
    if (context.output.choice.isQuiet) context.output.print(fingerprint);
    else context.output.say(`Image ${alias ?? recipe} is ready: ${shorten(fingerprint)}`);
  },
});

const list = defineCommand({
  summary: 'List images',
  arguments: {},
  options: {},
  formats: listFormats,
  examples: [{ line: 'wadah image list', note: 'Show what instances can be made from' }],
  async run({ client, output }) {
    const found = await listImages(client);
    await output.list<Image>(
      found,
      [
        { head: 'NAMES', text: ({ aliases }) => aliases.map(({ name }) => name).join(' ') },
        { head: 'FINGERPRINT', text: ({ fingerprint }) => shorten(fingerprint) },
        { head: 'DESCRIPTION', text: ({ properties }) => properties.description ?? '' },
        { head: 'TYPES', text: ({ wadah }) => wadah.types.join(' ') },
        { head: 'SIZE', text: ({ size }) => formatBytes(size) },
        { head: 'CREATED', text: ({ created_at: created }) => timeText(created) },
      ],
      found,
    );
  },
});

const info = defineCommand({
  summary: 'Show an image in detail',
  arguments: { image: one('Name of an image, or the beginning of its fingerprint', images) },
  options: {},
  formats: textFormats,
  examples: [{ line: 'wadah image info debian/12', note: 'Show where it came from and what it holds' }],
  async run(context, { image: asked }) {
    const params = { fingerprint: await fingerprintOf(context, asked) };
    const found = await context.client.read('/1.0/images/{fingerprint}', { params });
    if (context.output.choice.format !== 'text') return await context.output.document(found);
    context.output.print(
      factLines({
        Fingerprint: found.fingerprint,
        Names: found.aliases.map(({ name }) => name).join(', '),
        Types: found.wadah.types.join(', '),
        Architecture: found.architecture,
        Size: formatBytes(found.size),
        Origin: found.wadah.origin,
        Created: timeText(found.created_at),
        'Last used': timeText(found.last_used_at),
        Properties: found.properties,
      }),
    );
  },
});

const remove = defineCommand({
  summary: 'Delete images on which no instance stands',
  arguments: { images: some('Names of images, or beginnings of their fingerprints', images) },
  options: {},
  examples: [{ line: 'wadah image delete busybox', note: 'Delete one with all its names' }],
  async run(context, args) {
    return await forEach(context, args.images, async (asked) => {
      const params = { fingerprint: await fingerprintOf(context, asked) };
      await runOperation(context, () =>
        context.client.begin('DELETE', '/1.0/images/{fingerprint}', { params }),
      );
      context.output.say(`Deleted image ${asked}`);
    });
  },
});

const shorten = (fingerprint: string): string => fingerprint.slice(0, 12);

export const image: Group = {
  summary: 'Build, list and delete images',
  commands: {
    build: async () => build,
    list: async () => list,
    info: async () => info,
    delete: async () => remove,
    alias: async () => (await import('./image-alias.ts')).alias,
  },
  aliases: { ls: 'list', rm: 'delete', show: 'info' },
};
