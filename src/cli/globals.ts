import { localFiles } from './completion/candidates.ts';
import { type ValuesOf, flag, text } from './command.ts';

/** Understood by every command, before and after its name. */
export const globalOptions = {
  dir: text({
    value: 'folder',
    help: 'State directory of the daemon to talk to (default: $WADAH_DIR, else /var/lib/wadah)',
    complete: localFiles,
  }),
  socket: text({
    value: 'path',
    help: 'Its socket, if it lies elsewhere (default: $WADAH_SOCKET)',
    complete: localFiles,
  }),
  quiet: flag('Say nothing but results and errors', 'q'),
  verbose: flag('Tell progress in lines, where there is no terminal for a moving one', 'v'),
  debug: flag('Show every request, and where an error comes from'),
};

export type GlobalValues = ValuesOf<typeof globalOptions>;
