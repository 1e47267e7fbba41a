import { Fault } from '#model/fault.ts';
import { defineCommand, one } from '../command.ts';
import { words } from '../completion/candidates.ts';
import { printScript, shells } from '../completion/shells.ts';

export const completion = defineCommand({
  summary: 'Print a script that lets the shell complete names and options',
  description: `For one session: eval "$(wadah completion bash)"

For all: wadah completion bash > /etc/bash_completion.d/wadah`,
  arguments: { shell: one(`One of ${shells.join(', ')}`, words(...shells)) },
  options: {},
  examples: [
    { line: 'eval "$(wadah completion bash)"', note: 'Complete in this session of bash' },
    { line: 'wadah completion zsh > ~/.zfunc/_wadah', note: 'Complete in zsh, where ~/.zfunc is in fpath' },
    {
      line: 'wadah completion fish > ~/.config/fish/completions/wadah.fish',
      note: 'Complete in every session of fish',
    },
  ],
  async run({ output }, { shell: asked }) {
    const shell = shells.find((each) => each === asked);
    if (!shell)
      throw new Fault('invalid', `There is no completion for "${asked}"`, {
        hint: `There is ${shells.join(', ')}.`,
      });
    printScript(shell, (script) => output.print(script));
  },
});
