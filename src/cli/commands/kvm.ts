import type { KvmTraceEvent } from '#model/kvm.ts';
import { Fault } from '#model/fault.ts';
import { type Group, defineCommand, flag } from '../command.ts';
import { askKvm } from '../kvm-engine.ts';
import { counterText, eventText, infoFacts, rowColumns, verdictPaint } from '../kvm-text.ts';
import { factLines } from '../output/facts.ts';
import { textFormats } from '../output/output.ts';

const info = defineCommand({
  summary: 'Say what KVM can do for virtual machines on this host, and measure it',
  description: `KVM is the part of the Linux kernel that runs virtual machines on the processor.
Whether it does so is measured: a tiny guest is booted, and one loop is timed where its kernel
would run (ring 0) and where its programs would (ring 3).
Takes a tenth of a second, needs no daemon and changes nothing.`,
  arguments: {},
  options: {},
  formats: textFormats,
  examples: [
    {
      line: 'wadah kvm info',
      note: 'See whether virtual machines run on the processor here, and if not, why',
    },
    { line: 'wadah kvm info --format json', note: 'The same for programs' },
  ],
  async run({ output, surroundings }) {
    for await (const answer of askKvm(surroundings, { do: 'info' })) {
      if (answer.type !== 'info') continue;
      if (output.choice.format !== 'text') return await output.document(answer.info);
      const paint = (text: string) => output.paint(verdictPaint[answer.info.verdict.verdict], text);
      return output.print(factLines(infoFacts(answer.info), { Verdict: paint }));
    }
    throw new Fault('host', 'The KVM engine gave no answer');
  },
});

const trace = defineCommand({
  summary: 'Run a tiny guest under KVM and show everything that happens',
  description: `The guest is a firmware of 64 KiB that goes from real mode to ring 3, as every
operating system does. The processor runs it until it does something that needs somebody else;
then it comes back to this program (an exit), gets its answer, and goes on.
docs/subsystems/kvm.md tells the story at leisure.`,
  arguments: {},
  options: { everyExit: flag('Show each exit by itself, not those that are alike as one') },
  formats: textFormats,
  examples: [
    { line: 'wadah kvm trace', note: 'Watch a guest from its first instruction to its last' },
    { line: 'wadah kvm trace --every-exit', note: 'Exit by exit' },
    { line: 'wadah kvm trace --format json', note: 'Everything, for programs' },
  ],
  async run({ output, surroundings }, _, { everyExit }) {
    const isText = output.choice.format === 'text';
    const events: KvmTraceEvent[] = [];
    for await (const answer of askKvm(surroundings, { do: 'trace', everyExit })) {
      if (answer.type === 'event') {
        events.push(answer.event);
        if (isText) output.print(eventText(answer.event, (style, text) => output.paint(style, text)));
      }
      if (answer.type !== 'summary') continue;
      const { summary } = answer;
      if (!isText) return await output.document({ events, summary });
      output.print('\nWhere the time went, by the mode in which the guest came back:\n');
      await output.list(summary.rows, rowColumns, summary.rows);
      output.print(counterText(summary));
    }
  },
});

export const kvm: Group = {
  summary: 'See what KVM does on this host',
  commands: { info: async () => info, trace: async () => trace },
};
