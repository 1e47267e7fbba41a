import { Fault } from '#model/fault.ts';
import { type Group, defineCommand, flag, parsed, some } from '../command.ts';
import { guestPlaces } from '../completion/completers.ts';
import { parseGuestPath } from '../files/guest-path.ts';
import { pull as pullFiles } from '../files/pull.ts';
import { push as pushFiles } from '../files/push.ts';
import { octalMode, wholeNumber } from '../values.ts';

const recursive = flag('Copy folders with everything in them', 'r');
const createDirs = flag('Make missing folders above the target', 'p');

const push = defineCommand({
  summary: 'Copy files into an instance',
  description: `Owner, group and permissions are those of the file, unless they are given. The last argument is the target; a
slash at its end says that it is a folder. The source - is standard input.`,
  arguments: { paths: some('Files and folders; the last one is the target, such as web1/etc/', guestPlaces) },
  options: {
    recursive,
    createDirs,
    uid: parsed({ value: 'number', help: 'Owner inside', parse: wholeNumber(0) }),
    gid: parsed({ value: 'number', help: 'Group inside', parse: wholeNumber(0) }),
    mode: parsed({ value: 'octal', help: 'Permissions of the files, such as 0644', parse: octalMode }),
  },
  examples: [
    { line: 'wadah file push site.conf web1/etc/nginx/conf.d/', note: 'Copy a file into a folder' },
    {
      line: 'wadah file push -r site web1/srv/ --uid 33 --gid 33',
      note: 'Copy a folder, and give it to www-data',
    },
    { line: 'echo hello | wadah file push - web1/etc/motd', note: 'Write what comes from a pipe' },
  ],
  async run(context, { paths }, { recursive: isRecursive, createDirs: makesParents, uid, gid, mode }) {
    const { sources, target } = sourcesAndTarget(paths);
    await pushFiles(context, sources, parseGuestPath(target), {
      isRecursive,
      makesParents,
      attributes: {
        ...(uid !== undefined && { uid }),
        ...(gid !== undefined && { gid }),
        ...(mode !== undefined && { mode }),
      },
    });
  },
});

const pull = defineCommand({
  summary: 'Copy files out of an instance',
  description: `Permissions are kept, owners are yours. The last argument is the target; - is standard output.`,
  arguments: {
    paths: some('Files and folders such as web1/etc/hosts; the last one is the target', guestPlaces),
  },
  options: { recursive, createDirs },
  examples: [
    { line: 'wadah file pull web1/etc/hosts .', note: 'Copy a file here' },
    { line: 'wadah file pull -r web1/var/log logs', note: 'Copy a folder' },
    { line: 'wadah file pull web1/etc/os-release -', note: 'Show a file' },
  ],
  async run(context, { paths }, { recursive: isRecursive, createDirs: makesParents }) {
    const { sources, target } = sourcesAndTarget(paths);
    await pullFiles(context, sources.map(parseGuestPath), target, { isRecursive, makesParents });
  },
});

function sourcesAndTarget(paths: readonly string[]): { sources: string[]; target: string } {
  const target = paths.at(-1);
  if (target !== undefined && paths.length > 1) return { sources: paths.slice(0, -1), target };
  throw new Fault('invalid', 'Source or target is missing', {
    hint: 'First what to copy, then where to: wadah file pull web1/etc/hosts .',
  });
}

export const file: Group = {
  summary: 'Copy files into and out of instances',
  commands: { push: async () => push, pull: async () => pull },
};
