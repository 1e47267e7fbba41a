import { version } from '#base/version.ts';
import { isFault } from '#model/fault.ts';
import { defineCommand } from '../command.ts';
import { factLines } from '../output/facts.ts';
import { textFormats } from '../output/output.ts';

export const versions = defineCommand({
  summary: 'Show the versions of this program and of the daemon',
  arguments: {},
  options: {},
  formats: textFormats,
  examples: [{ line: 'wadah version', note: 'Show both' }],
  async run({ client, output }) {
    const server = await client.read('/1.0').then(
      ({ environment }) => environment.server_version,
      (error: unknown) => {
        if (isFault(error, 'unavailable')) return 'unreachable';
        throw error;
      },
    );
    const both = { client: version, server };
    if (output.choice.format !== 'text') return await output.document(both);
    output.print(factLines({ Client: version, Server: server }));
  },
});
