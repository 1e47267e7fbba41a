import { code, table } from '#base/markdown.ts';
import type { Command, Group, OptionSpecs } from './command.ts';
import { isGroup } from './command.ts';
import { root } from './commands/root.ts';
import { exitCodes } from './exit-codes.ts';
import { globalOptions } from './globals.ts';
import { optionsOf } from './options.ts';
import { argumentSyntax, optionSyntax } from './parser.ts';

// The pages of docs/reference that follow from tables of the code.

/** What the environment changes. */
export const environment =
  '`WADAH_DIR` and `WADAH_SOCKET` name the daemon, `NO_COLOR` turns colours off,\n`VISUAL` and `EDITOR` name the editor.';

/** Whose exit statuses they are. */
export const exitStatusRule = `\`wadah exec\` and \`wadah shell\` end with the status of the command inside (126: it cannot be run, 127: it was not found,
128 + n: signal n ended it), or with 125 when it was not run. Everything else ends with one of these. Of several
instances the first failure counts.`;

/** The text of `docs/reference/cli.md`. */
export async function cliText(): Promise<string> {
  return `# The command line

\`wadah <command> --help\` shows what stands here. Exit statuses: [exit-codes.md](exit-codes.md); config keys:
[config.md](config.md). Environment: ${environment}

These options are understood by every command:

${optionTable(globalOptions)}
${await groupText(root, 'wadah')}`;
}

async function groupText(group: Group, line: string): Promise<string> {
  const parts = Object.entries(group.commands).map(async ([name, load]) => {
    const entry = await load();
    const path = `${line} ${name}`;
    const aliases = Object.entries(group.aliases ?? {}).filter(([, target]) => target === name);
    const also =
      aliases.length > 0 ? ` Also: ${aliases.map(([alias]) => `\`${line} ${alias}\``).join(', ')}.` : '';
    return isGroup(entry) ? await groupText(entry, path) : commandText(entry, path, also);
  });
  return (await Promise.all(parts)).join('\n');
}

/** `wadah start [options] <instances...>`. */
export function usageOf(command: Command, path: string): string {
  const args = Object.entries(command.arguments).map(([name, spec]) => argumentSyntax(name, spec));
  return [path, '[options]', ...args].join(' ');
}

function commandText(command: Command, path: string, also: string): string {
  const args = Object.entries(command.arguments);
  const options = optionsOf(command);
  const examples = command.examples.map(({ line, note }) => `# ${note}\n${line}`).join('\n');
  return [
    `## ${path}\n\n${command.summary}.${also}\n`,
    command.description === undefined ? '' : `\n${command.description}\n`,
    `\n\`\`\`\n${usageOf(command, path)}\n\`\`\`\n`,
    args.length > 0
      ? `\n${table(
          ['argument', 'meaning'],
          args.map(([name, spec]) => [code(argumentSyntax(name, spec)), spec.help]),
        )}`
      : '',
    Object.keys(options).length > 0 ? `\n${optionTable(options)}` : '',
    `\n\`\`\`sh\n${examples}\n\`\`\`\n`,
  ].join('');
}

const optionTable = (options: OptionSpecs): string =>
  table(
    ['option', 'meaning'],
    Object.entries(options).map(([name, spec]) => [code(optionSyntax(name, spec)), spec.help]),
  );

/** The text of `docs/reference/exit-codes.md`. */
export function exitCodesText(): string {
  const rows = Object.values(exitCodes).map(({ status, meaning }) => [String(status), meaning]);
  return `# Exit statuses

${exitStatusRule}

${table(['status', 'meaning'], rows)}`;
}
