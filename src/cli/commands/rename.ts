import { defineCommand, one } from '../command.ts';
import { instances } from '../completion/completers.ts';
import { runOperation } from '../operations.ts';

export const rename = defineCommand({
  summary: 'Rename an instance',
  description: 'Also while it runs; it learns its new host name at its next start.',
  arguments: { name: one('Its name', instances('rename')), newName: one('The name that it gets') },
  options: {},
  examples: [{ line: 'wadah rename web1 shop', note: 'Call web1 shop' }],
  async run(context, { name, newName }) {
    await runOperation(context, () =>
      context.client.begin('POST', '/1.0/instances/{name}', { params: { name }, body: { name: newName } }),
    );
    context.output.say(`Renamed ${name} to ${newName}`);
  },
});
