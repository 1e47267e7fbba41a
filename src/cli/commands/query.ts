import type { AsyncAnswer } from '#contract/contract.ts';
import { defineCommand, flag, one, oneOf, text } from '../command.ts';
import { textOf } from '../edit.ts';
import { runOperation } from '../operations.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'];

export const query = defineCommand({
  summary: 'Send a request to the API',
  description: 'Prints the metadata of the answer. The API is described by `wadah query /1.0/openapi.json`.',
  arguments: { path: one('Path and query, such as /1.0/instances?recursion=1') },
  options: {
    request: oneOf(methods, {
      value: 'method',
      short: 'X',
      help: 'HTTP method (default: GET, with data POST)',
    }),
    data: text({ value: 'json', short: 'd', help: 'Body of the request; -: standard input' }),
    wait: flag('Wait for the end of the operation that begins'),
    raw: flag('Print the whole answer as it came'),
  },
  examples: [
    { line: 'wadah query /1.0', note: 'See what the server says of itself' },
    {
      line: `wadah query --wait -X PUT -d '{"action":"stop"}' /1.0/instances/web1/state`,
      note: 'Stop an instance',
    },
  ],
  async run(context, { path }, { request, data, wait, raw }) {
    const { client, output, surroundings } = context;
    const body = data === '-' ? await textOf(surroundings.stdin) : data;
    const incoming = await client.raw({
      method: request ?? (body === undefined ? 'GET' : 'POST'),
      target: path.startsWith('/') ? path : `/${path}`,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body }),
    });
    const answer = await client.transport.text(incoming);
    if (raw || !incoming.headers['content-type']?.startsWith('application/json')) return output.print(answer);
    const parsedAnswer = JSON.parse(answer) as { type?: string; metadata?: unknown };
    if (parsedAnswer.type === undefined) return output.print(JSON.stringify(parsedAnswer, null, 2));
    if (!wait || parsedAnswer.type !== 'async')
      return output.print(JSON.stringify(parsedAnswer.metadata, null, 2));
    const begun = (parsedAnswer as AsyncAnswer).metadata;
    output.print(JSON.stringify(await runOperation(context, async () => begun), null, 2));
  },
});
