import type { ExecRequest } from '../../engine.ts';
import { Fault } from '#model/fault.ts';

const guestPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

// $0 is a word that nobody else says. The program is looked for before we become it, since afterwards a status of 127
// could be its own. Without a folder it starts at home, if there is one.
const script = `
tell() { printf '%s %s\\n' "$0" "$1"; }
user=$1 group=$2 folder=$3 home=$4 path=$5 program=$6
shift 6
if [ -z "$home" ] && [ "$user" != 0 ]; then home=$(getent passwd "$user" | cut -d: -f6); else home=\${home:-$HOME}; fi
home=\${home:-/}
if [ -n "$folder" ]; then
  cd -- "$folder" 2>/dev/null || { tell no-folder; exit 0; }
else
  cd -- "$home" 2>/dev/null || cd /
fi
file=
case $program in
  */*) file=$program ;;
  *)
    IFS=:
    for folder in $path; do
      [ -f "$folder/$program" ] || continue
      file=$folder/$program
      [ ! -x "$file" ] || break
    done
    unset IFS
    ;;
esac
[ -n "$file" ] && [ -e "$file" ] || { tell not-found; exit 0; }
[ -f "$file" ] && [ -x "$file" ] || { tell not-executable; exit 0; }
tell "started $$"
[ "$user:$group" != 0:0 ] || exec env -i HOME="$home" "$@"
exec setpriv --reuid "$user" --regid "$group" --clear-groups env -i HOME="$home" "$@"
`;

/** A word that a shell leaves as it is. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * The command line with which root's shell in the guest becomes the program. It first prints a line of `word` and
 * what `readOutcome` understands.
 */
export function execCommandLine(request: ExecRequest, word: string): string {
  const { command, user, group, cwd = '', terminal } = request;
  const environment: Record<string, string> = {
    PATH: guestPath,
    LANG: 'C.UTF-8',
    ...(user === 0 && { USER: 'root' }),
    ...(terminal && { TERM: 'xterm' }),
    ...request.environment,
  };
  const { HOME = '', PATH = '' } = environment;
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const words = [String(user), String(group), cwd, HOME, PATH, command[0] ?? '', ...assignments, ...command];
  return `exec /bin/sh -c ${[script, word, ...words].map(quote).join(' ')}`;
}

/** Process id in the guest of a program that has started. Throws `not-found` or `invalid` for what has not. */
export function readOutcome(said: string, { command: [program = ''], cwd }: ExecRequest): number {
  const pid = /^started (\d+)$/.exec(said)?.[1];
  if (pid !== undefined) return Number(pid);
  if (said === 'no-folder') throw new Fault('invalid', `Cannot start in the folder ${cwd ?? '/'} inside`);
  if (said === 'not-found') throw new Fault('not-found', `There is no program "${program}" inside`);
  if (said === 'not-executable') throw new Fault('invalid', `"${program}" inside cannot be executed`);
  throw new Fault('host', `The guest's shell answered "${said}"`);
}
