import { listOperations } from '#client/lists.ts';
import { canCancel } from '#client/operations.ts';
import type { Operation } from '#contract/contract.ts';
import { type Group, defineCommand, one, some } from '../command.ts';
import { cancellable, operations } from '../completion/completers.ts';
import { timeText } from '../instance-text.ts';
import { forEach, progressText } from '../operations.ts';
import { documentFormats, listFormats } from '../output/output.ts';

const list = defineCommand({
  summary: 'List operations that go on, or ended a moment ago',
  arguments: {},
  options: {},
  formats: listFormats,
  examples: [{ line: 'wadah operation list', note: 'See what the daemon is doing' }],
  async run({ client, output }) {
    const found = await listOperations(client);
    await output.list<Operation>(
      found,
      [
        { head: 'ID', text: ({ id }) => id },
        { head: 'STATE', text: ({ status }) => status.toUpperCase() },
        { head: 'DESCRIPTION', text: progressText },
        { head: 'CANCELLABLE', text: (operation) => (canCancel(operation) ? 'yes' : '') },
        { head: 'BEGAN', text: ({ created_at: began }) => timeText(began) },
      ],
      found,
    );
  },
});

const show = defineCommand({
  summary: 'Show an operation',
  arguments: { id: one('Its id', operations) },
  options: {},
  formats: documentFormats,
  examples: [{ line: 'wadah operation show 5f0c...', note: 'Show how far it is, or why it failed' }],
  async run({ client, output }, args) {
    await output.document(await client.read('/1.0/operations/{id}', { params: args }));
  },
});

const cancel = defineCommand({
  summary: 'Cancel operations',
  description: 'What they did so far is taken back.',
  arguments: { ids: some('Their ids', cancellable) },
  options: {},
  examples: [{ line: 'wadah operation cancel 5f0c...', note: 'Cancel one' }],
  async run(context, { ids }) {
    return await forEach(context, ids, async (id) => {
      await context.client.send('DELETE', '/1.0/operations/{id}', { params: { id } });
      context.output.say(`Cancelling ${id}`);
    });
  },
});

export const operation: Group = {
  summary: 'Look at and cancel long jobs',
  commands: { list: async () => list, show: async () => show, cancel: async () => cancel },
  aliases: { ls: 'list', delete: 'cancel' },
};
