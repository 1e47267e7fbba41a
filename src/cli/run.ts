import { CommanderError, Help, Command as Parser } from 'commander';
import { Client } from '#client/client.ts';
import { socketPath, stateFolder } from '#client/socket-path.ts';
import { version } from '#base/version.ts';
import { Fault, asFault } from '#model/fault.ts';
import { type Group, isGroup } from './command.ts';
import type { Context } from './context.ts';
import { exitCodes, exitStatusOf } from './exit-codes.ts';
import { globalOptions } from './globals.ts';
import { Interrupts } from './interrupts.ts';
import { Output } from './output/output.ts';
import { splitLine } from './line.ts';
import { sealWords } from './options.ts';
import { type Call, followWords, growParser, toOption } from './parser.ts';
import type { Surroundings } from './surroundings.ts';

/** Does what the command line says; resolves to the exit status. Never rejects. */
export async function run(surroundings: Surroundings, root: Group): Promise<number> {
  let status: number = exitCodes.ok.status;
  const onCall = async (call: Call) => {
    status = await perform(call, surroundings);
  };
  try {
    if (surroundings.argv[0] === 'complete') {
      // The shells' scripts ask so; people never do.
      const { complete } = await import('./completion/complete.ts');
      await complete(surroundings, root, surroundings.argv.slice(surroundings.argv[1] === '--' ? 2 : 1));
      return status;
    }
    const { leading, words } = splitLine(surroundings.argv);
    const { path, rest } = await followWords(root, words);
    const program = makeProgram(surroundings);
    await growParser(program, root, path, onCall);
    if (words.length === 0 && leading.length === 0) program.help();
    const named = path.at(-1)?.entry;
    const behind = named && !isGroup(named) ? sealWords(named, rest) : rest;
    await program.parseAsync([...path.map(({ name }) => name), ...leading, ...behind], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage.status;
    plainOutput(surroundings).fail(asFault(error));
    return exitCodes.failure.status;
  }
}

function makeProgram(surroundings: Surroundings): Parser {
  const { stdout, stderr } = surroundings;
  const program = new Parser('wadah')
    .description('Runs KVM virtual machines and OpenVZ-style containers on this host.')
    .usage('<command> [arguments] [options]')
    .exitOverride()
    // Or else the program itself would take the global options away from its commands.
    .enablePositionalOptions()
    .helpCommand(false)
    .helpOption('-h, --help', 'Show this help, or that of a command')
    .version(version, '-V, --version', 'Show the version of this program')
    .configureHelp({
      styleTitle: (title) => plainOutput(surroundings).paint('bold', title),
      subcommandTerm: (command) => [command.name(), ...command.aliases()].join(', '),
      groupItems: ownOptionsFirst,
    })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 80,
      getErrHelpWidth: () => stderr.columns ?? 80,
      outputError: (text) => plainOutput(surroundings).fail(usageFault(text)),
    });
  program.optionsGroup('Global options:');
  for (const [name, spec] of Object.entries(globalOptions)) program.addOption(toOption(name, spec));
  return program.addHelpText(
    'after',
    '\n`wadah <command> --help` explains a command. Try: wadah launch debian/12 web1',
  );
}

/** Also where a command has but --help. */
const ownOptionsFirst: Help['groupItems'] = (all, visible, groupOf) => {
  const groups = new Help().groupItems(all, visible, groupOf);
  const own = groups.get('Options:');
  return own ? new Map([['Options:', own], ...groups]) : groups;
};

/** Commander's `error: text` and `(Did you mean x?)` in our form. */
function usageFault(text: string): Fault {
  const [first = '', ...others] = text.trim().split('\n');
  const message = first.replace(/^error: /, '');
  const guess = others.join(' ').replace(/^\((.*)\)$/, '$1');
  return new Fault('invalid', message.charAt(0).toUpperCase() + message.slice(1), {
    hint: guess || 'Add --help to see what is understood.',
  });
}

const plainOutput = (surroundings: Surroundings): Output =>
  new Output(surroundings, { isQuiet: false, isVerbose: false, isDebugging: false, format: undefined });

async function perform(call: Call, surroundings: Surroundings): Promise<number> {
  const { quiet, verbose, debug } = call.globals;
  const output = new Output(surroundings, {
    isQuiet: quiet,
    isVerbose: verbose,
    isDebugging: debug,
    format: call.format,
  });
  const trace = (exchange: string, ms: number) => output.debug(`${exchange} in ${ms.toFixed(1)} ms`);
  const client = new Client(socketPath(call.globals, surroundings.env), debug ? trace : undefined);
  const interrupts = new Interrupts(surroundings, () =>
    output.note('Cancelling. Ctrl-C again leaves at once.'),
  );
  const context: Context = {
    client,
    output,
    interrupts,
    surroundings,
    stateFolder: stateFolder(call.globals, surroundings.env),
  };
  try {
    return (await call.command.run(context, call.args, call.options)) ?? exitCodes.ok.status;
  } catch (error) {
    const fault = asFault(error);
    output.fail(fault);
    return exitStatusOf(fault.code);
  } finally {
    client.close();
  }
}
