import { code, table } from '#base/markdown.ts';
import { checkAreas } from '#model/doctor.ts';
import { checks } from './checks.ts';

/** The text of `docs/reference/doctor.md`. */
export function doctorText(): string {
  const sections = checkAreas.flatMap((area) => {
    const rows = checks
      .filter((check) => check.area === area)
      .map(({ name, about, meaning, remedy }) => [code(name), about, meaning, remedy]);
    return rows.length > 0
      ? `## ${area}\n\n${table(['check', 'what is looked at', 'what it costs where it is not well', 'what helps'], rows)}`
      : [];
  });
  return `# What \`wadah doctor\` checks

Each check says \`ok\`, a \`note\` (good to know), a \`warning\` (something is missing, works less well, or will stop) or a
\`problem\` (the daemon or its containers do not work; the exit status is then 10). What it finds may name another remedy than stands
here, one that fits the host better. Checks that only read some files are done by the daemon whenever it starts: it refuses, in
the same words, to go on without cgroups and the programs that it needs, and writes warnings to its log.

${sections.join('\n')}`;
}
