import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { FakeDaemon } from '#client/fake-daemon.ts';
import { fakeImage, fakeInstance, fakeProfile, fakeRunning } from '#client/fake-documents.ts';
import { runLine } from '../fake-surroundings.ts';

async function daemonWithNames(): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start();
  const web1 = fakeRunning({ name: 'web1', config: { 'user.role': 'web' } });
  daemon.on('GET /1.0/instances', {
    metadata: [web1, fakeRunning({ name: 'web2' }), fakeInstance({ name: 'db' })],
  });
  daemon.on('GET /1.0/instances/web1', { metadata: web1 });
  daemon.on('GET /1.0/images', { metadata: [fakeImage()] });
  daemon.on('GET /1.0/profiles', { metadata: [fakeProfile({ description: 'For all' })] });
  return daemon;
}

/** What a shell is offered for the last word: values, and the bits behind them. */
async function offered(daemon: { socket: string }, ...words: string[]) {
  const { out } = await runLine(daemon, ['complete', '--', ...words]);
  const lines = out.trimEnd().split('\n');
  return {
    values: lines.slice(0, -1).map((line) => line.split('\t')[0]),
    bits: Number(lines.at(-1)?.slice(1)),
    out,
  };
}

const values = async (...[daemon, ...words]: Parameters<typeof offered>) =>
  (await offered(daemon, ...words)).values;
const nobody = { socket: '/nonexistent' };

test('commands are completed with what they do', async () => {
  expect((await offered(nobody, 're')).out).toBe(
    'restart\tRestart instances\nresume\tResume paused instances\nrename\tRename an instance\n:4\n',
  );
  expect(await values(nobody, 'config', 'device', '')).toEqual(['add', 'remove', 'list', 'get', 'set']);
});

test('names are those of instances on which the action may begin, each once', async () => {
  await using daemon = await daemonWithNames();
  expect(await values(daemon, 'stop', '')).toEqual(['web1', 'web2']);
  expect(await values(daemon, 'stop', 'web1', '--force', '')).toEqual(['web2']);
  expect(await values(daemon, 'start', '')).toEqual(['db']);
  expect(await values(daemon, 'info', 'w')).toEqual(['web1', 'web2']);
  expect(await values(daemon, 'exec', 'web1', '--', '')).toEqual([]);
});

test('the daemon that a line names is asked', async () => {
  await using daemon = await daemonWithNames();
  expect(await values(nobody, '--dir', daemon.dir, 'start', '')).toEqual(['db']);
  expect(await values(nobody, 'start', `--socket=${daemon.socket}`, '')).toEqual(['db']);
});

test('images, profiles and set keys are completed', async () => {
  await using daemon = await daemonWithNames();
  expect(await values(daemon, 'launch', '')).toEqual(['debian/12', 'abcdef012345']);
  expect((await offered(daemon, 'launch', 'x', '-p', '')).out).toBe('default\tFor all\n:4\n');
  expect(await values(daemon, 'config', 'unset', 'web1', '')).toEqual(['user.role']);
});

test('config keys are completed with their help, and then values worth trying', async () => {
  const { out, bits } = await offered(nobody, 'launch', 'x', '-c', 'limits.mem');
  expect(out).toContain('limits.memory=\tMemory it may use');
  expect(bits & 2).toBe(2);
  expect(await values(nobody, 'config', 'set', 'web1', 'limits.memory=')).toContain('limits.memory=512MiB');
  expect(await values(nobody, 'config', 'get', 'web1', 'boot.autostart')).toEqual([
    'boot.autostart',
    'boot.autostart.priority',
  ]);
});

test('options are completed, and the values of those that have a few', async () => {
  expect(await values(nobody, 'stop', '--f')).toEqual(['--force']);
  expect(await values(nobody, 'list', '--format', 'c')).toEqual(['compact', 'csv']);
  expect(await values(nobody, 'list', '--format=j')).toEqual(['--format=json']);
});

test('files are left to the shell where they belong', async () => {
  await using daemon = await daemonWithNames();
  expect((await offered(daemon, 'file', 'push', './a')).bits & 4).toBe(0);
  expect(await offered(daemon, 'file', 'pull', 'w')).toMatchObject({ values: ['web1/', 'web2/'], bits: 2 });
  expect((await offered(nobody, 'list', '--dir', '')).bits).toBe(0);
});

test('without a daemon there is nothing to offer, and nothing to read', async () => {
  expect((await offered(nobody, 'stop', '')).out).toBe(':4\n');
});

test('bash completes words that hold = and :, and runs nothing of what is typed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wadah-bash-'));
  try {
    const script = (await runLine(nobody, ['completion', 'bash'])).out;
    // Stands in for the program: tells what it was asked, and offers two values.
    const wadah = join(folder, 'wadah');
    await writeFile(
      wadah,
      `#!/bin/sh\nprintf '%s|' "$@" > ${folder}/asked\nprintf 'limits.memory=1GiB\\thelp\\nlimits.memory=2GiB\\t\\n:4\\n'\n`,
    );
    await chmod(wadah, 0o755);
    const ask = async (line: string, wordsOfBash: string) => {
      const play = `${script}
compopt() { :; }
COMP_WORDS=(${wordsOfBash}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}
_wadah; printf '%s\\n' "\${COMPREPLY[@]}"; cat ${folder}/asked`;
      return (
        await promisify(execFile)('bash', ['-c', play], { env: { PATH: `${folder}:${process.env.PATH}` } })
      ).stdout;
    };
    // bash cuts at = and wants only what follows it.
    expect(await ask('wadah config set web1 limits.memory=', "wadah config set web1 limits.memory '='")).toBe(
      '1GiB\n2GiB\ncomplete|--|config|set|web1|limits.memory=|',
    );
    expect(await ask('wadah stop ', "wadah stop ''")).toContain('complete|--|stop||');
    await ask(`wadah stop $(touch ${folder}/ran) x`, `wadah stop '$(touch ${folder}/ran)' x`);
    await expect(promisify(execFile)('ls', [join(folder, 'ran')])).rejects.toThrow();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a shell that we do not know is refused', async () => {
  expect((await runLine(nobody, ['completion', 'tcsh'])).err).toContain('There is bash, zsh, fish.');
});
