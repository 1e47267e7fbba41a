import { openEvents } from '#client/events.ts';
import type { Event, EventType } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import { defineCommand, list } from '../command.ts';
import { words } from '../completion/candidates.ts';
import { progressText } from '../operations.ts';
import type { Output, Paint } from '../output/output.ts';
import { printable } from '../output/text.ts';

const types: readonly EventType[] = ['lifecycle', 'operation', 'logging'];
const paints: Record<EventType, Paint> = { lifecycle: 'green', operation: 'cyan', logging: 'dim' };

export const monitor = defineCommand({
  summary: 'Follow what happens, until Ctrl-C',
  arguments: {},
  options: {
    type: list({
      value: 'type',
      short: 't',
      help: `Only these: ${types.join(', ')}; may be repeated`,
      complete: words(...types),
    }),
  },
  formats: ['text', 'json', 'yaml'],
  examples: [
    { line: 'wadah monitor', note: 'Watch everything' },
    { line: 'wadah monitor -t lifecycle --format json', note: 'One JSON object in each line, for programs' },
  ],
  async run({ client, output }, _, { type: asked }) {
    const events = await openEvents(client, asked.map(requireType));
    for await (const event of events) await show(event, output);
    throw new Fault('unavailable', 'The daemon ended the stream', {
      hint: 'It shut down, or we were too slow for it.',
    });
  },
});

function requireType(text: string): EventType {
  const found = types.find((type) => type === text);
  if (found) return found;
  throw new Fault('invalid', `There are no events of type "${text}"`, {
    hint: `There are ${types.join(', ')}.`,
  });
}

async function show(event: Event, output: Output): Promise<void> {
  if (output.choice.format === 'json') return output.print(JSON.stringify(event));
  if (output.choice.format === 'yaml') {
    output.print('---');
    return await output.document(event);
  }
  const time = output.paint('dim', new Date(event.timestamp).toTimeString().slice(0, 8));
  const type = output.paint(paints[event.type], event.type.padEnd('lifecycle'.length));
  output.print(`${time} ${type} ${printable(textOf(event))}`);
}

function textOf(event: Event): string {
  if (event.type === 'operation') return `${event.metadata.status}: ${progressText(event.metadata)}`;
  const { context } = event.metadata;
  const more = Object.entries(context ?? {}).map(([key, value]) => `${key}=${asText(value)}`);
  const text =
    event.type === 'logging'
      ? `${event.metadata.level}: ${event.metadata.message}`
      : `${event.metadata.action} ${event.metadata.source}`;
  return [text, ...more].join(' ');
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
