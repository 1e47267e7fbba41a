import { script } from '@bomb.sh/tab';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

// Ours, because the library's evaluates what was typed so far as a command, and wants the package bash-completion.
// bash parts words at = and :, which belong to ours; candidates must leave out what stands before the last of them.
const bash = `# bash completion for wadah: eval "$(wadah completion bash)"
_wadah() {
    local rest=\${COMP_LINE:0:COMP_POINT} words=() word gap i line bits=4 prefix
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=\${COMP_WORDS[i]}
        gap=\${rest%%[![:space:]]*}
        rest=\${rest#"$gap"}
        ((i == COMP_CWORD)) && word=$rest
        rest=\${rest#"$word"}
        if ((i > 0)) && [[ -z $gap ]]; then words[-1]+=$word; else words+=("$word"); fi
    done
    word=\${words[-1]}
    prefix=\${word%"\${word##*[=:]}"}
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :* ]]; then
            bits=\${line#:}
        else
            line=\${line%%$'\\t'*}
            COMPREPLY+=("\${line#"$prefix"}")
        fi
    done < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
    ((bits & 2)) && compopt -o nospace
    ((bits & 4)) || compopt -o default
}
complete -F _wadah wadah
`;

/** Prints the script with which a shell asks us for completions. */
export function printScript(shell: Shell, print: (text: string) => void): void {
  if (shell === 'bash') print(bash);
  else script(shell, 'wadah', 'wadah');
}
