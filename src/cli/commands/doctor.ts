import { type CheckStatus, type Finding, checkStatuses, worstOf } from '#model/doctor.ts';
import { defineCommand, flag } from '../command.ts';
import { type Consultation, consultDoctor } from '../consult-doctor.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { type Column, type Output, type Paint, listFormats } from '../output/output.ts';
import { printable } from '../output/text.ts';

export const doctor = defineCommand({
  summary: 'Check everything that Wadah needs of this host, and say what helps',
  description: `The kernel and its limits, cgroups, KVM, host ids, programs, disk, other firewalls, time.
A note is good to know, with a warning something is missing, works less well or will stop, with
a problem the daemon or its containers do not work: the exit status is then ${exitCodes.unfit.status}.
The daemon looks; when it does not answer, this program looks itself. Nothing is changed
without --fix, which raises limits and loads modules, until the next boot, and lists what it did.`,
  arguments: {},
  options: { fix: flag('Do what is safe and helps, and list it') },
  formats: ['text', ...listFormats],
  examples: [
    { line: 'wadah doctor', note: 'See what is wrong with this host' },
    { line: 'sudo wadah doctor --fix', note: 'Mend what can safely be mended' },
    { line: 'wadah doctor --format json', note: 'Everything, for programs' },
  ],
  async run(context, _, { fix }) {
    const found = await consultDoctor(context, fix);
    await show(context, found, fix);
    if (worstOf(found.findings) === 'problem') return exitCodes.unfit.status;
    return found.refused.length > 0 ? exitCodes.failure.status : undefined;
  },
});

async function show({ output }: Context, found: Consultation, fix: boolean): Promise<void> {
  const { findings, fixed, refused } = found;
  const { format } = output.choice;
  if (format === 'text') showText(output, findings);
  else await output.list(findings, columns, { status: worstOf(findings), ...found });
  if (!fix || format === 'json' || format === 'yaml') return;
  if (fixed.length + refused.length === 0) output.note('There was nothing that --fix could mend.');
  for (const change of fixed) output.note(`Changed until the next boot: ${change}`);
  for (const refusal of refused) output.warn(`Could not be mended: ${refusal}`);
}

const paints: Record<CheckStatus, Paint> = { ok: 'green', note: 'cyan', warning: 'yellow', problem: 'red' };

const columns: Column<Finding>[] = [
  { head: 'STATUS', text: ({ status }) => status, paint: ({ status }) => paints[status] },
  { head: 'AREA', text: ({ area }) => area },
  { head: 'CHECK', text: ({ check }) => check },
  { head: 'WHAT', text: ({ what }) => what },
  { head: 'WHAT HELPS', text: ({ remedy }) => remedy },
];

/** By area, a line for each that is well, more for the others, and the sum of it all. */
function showText(output: Output, findings: readonly Finding[]): void {
  const areas = [...new Set(findings.map(({ area }) => area))];
  for (const area of areas) {
    output.print(output.paint('bold', area));
    for (const finding of findings) if (finding.area === area) output.print(findingText(output, finding));
  }
  output.print(`\n${summaryText(findings)}`);
}

const statusWidth = Math.max(...checkStatuses.map(({ length }) => length));
const indent = ' '.repeat(statusWidth + 4);

function findingText(output: Output, { status, check, what, meaning, remedy }: Finding): string {
  const label = output.paint(paints[status], status.padEnd(statusWidth));
  const help = remedy === '' ? '' : `What helps: ${remedy}`;
  const more = [meaning, help].filter((line) => line !== '').map((line) => `\n${indent}${printable(line)}`);
  return `  ${label}  ${check}: ${printable(what)}${more.join('')}`;
}

function summaryText(findings: readonly Finding[]): string {
  const counts = checkStatuses.map((status) => {
    const count = findings.filter((finding) => finding.status === status).length;
    return `${count} ${status}${status === 'ok' || count === 1 ? '' : 's'}`;
  });
  const fixable = findings.filter((finding) => finding.fixable).map(({ check }) => check);
  const help = fixable.length > 0 ? `\nwadah doctor --fix mends: ${fixable.join(', ')}` : '';
  return `${counts.join(', ')}${help}`;
}
