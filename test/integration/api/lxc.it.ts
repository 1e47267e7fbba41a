import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { eventually, makeHost } from '../../harness/host.ts';
import type { TestHost } from '../../harness/host.ts';
import { LxcClient } from './lxc-client.ts';

let host: TestHost;
let lxc: LxcClient;

const lacksLxc = (await execa('which', ['lxc'], { reject: false })).exitCode !== 0;

describe.skipIf(lacksLxc)('the real lxc client, of the package lxd-client', () => {
  beforeAll(async () => {
    host = await makeHost();
    await host.buildImage('busybox');
    lxc = await LxcClient.make(host.socket);
  });
  afterAll(async () => {
    await lxc.remove();
    await host.remove();
  });

  const stateOf = (name: string): Promise<string> =>
    lxc.must('list', name, '--format', 'csv', '--columns', 's');

  test('an instance lives its life: launch, list, info, stop, start, restart, pause, rename, delete', async () => {
    await lxc.must('launch', 'busybox', 'life');
    assert.equal(await stateOf('life'), 'RUNNING');
    const [row] = JSON.parse(await lxc.must('list', 'life', '--format', 'json'));
    const { addresses } = row.state.network.eth0;
    assert.match(addresses[0].address, /^\d+\.\d+\.\d+\.\d+$/);
    const info = await lxc.must('info', 'life');
    assert.match(info, new RegExp(`PID: ${await host.initPid('life')}\\b`));
    assert.match(info, /Status: RUNNING/);
    await lxc.must('pause', 'life');
    assert.equal(await stateOf('life'), 'FROZEN');
    await lxc.must('start', 'life');
    await lxc.must('restart', 'life', '--force');
    await lxc.must('stop', 'life');
    assert.equal(await stateOf('life'), 'STOPPED');
    await lxc.must('rename', 'life', 'afterlife');
    await lxc.must('start', '--all');
    assert.equal(await stateOf('afterlife'), 'RUNNING');
    const refusal = await lxc.run(['delete', 'afterlife']);
    assert.notEqual(refusal.exitCode, 0);
    await lxc.must('delete', '--force', 'afterlife');
    assert.equal(await stateOf('afterlife'), '');
  });

  test('exec passes input, output, errors, environment and the exit status', async () => {
    await lxc.must('launch', 'busybox', 'talk', '--config', 'environment.GREETING=salam');
    const script = 'cat; echo "$GREETING $WHO" >&2; exit 7';
    const result = await lxc.run(['exec', 'talk', '--env', 'WHO=dunia', '--', 'sh', '-c', script], 'masuk');
    assert.deepEqual(result, { stdout: 'masuk', stderr: 'salam dunia', exitCode: 7 });
    assert.equal((await lxc.run(['exec', 'talk', '--', '/nothing/here'])).exitCode, 127);
    assert.equal(await lxc.must('exec', 'talk', '--cwd', '/tmp', '--user', '1000', '--', 'pwd'), '/tmp');
    await lxc.must('delete', '--force', 'talk');
  });

  test('fifty execs at a time all end, each with its own output', async () => {
    await lxc.must('launch', 'busybox', 'crowd');
    const numbers = Array.from({ length: 50 }, (_, index) => String(index));
    const outputs = await Promise.all(numbers.map((n) => lxc.must('exec', 'crowd', '--', 'echo', n)));
    assert.deepEqual(outputs, numbers);
    await lxc.must('delete', '--force', 'crowd');
  });

  test('much data passes whole through exec', async () => {
    await lxc.must('launch', 'busybox', 'bulk');
    const command = 'head -c 100000000 /dev/zero | md5sum';
    const inside = await lxc.must('exec', 'bulk', '--', 'sh', '-c', command);
    const input = '\0'.repeat(20_000_000);
    const { stdout } = await lxc.run(['exec', 'bulk', '--', 'wc', '-c'], input);
    assert.equal(stdout.trim(), String(input.length));
    const through = await lxc.run(['exec', 'bulk', '--', 'md5sum'], '\0'.repeat(100_000_000));
    assert.equal(through.stdout, inside);
    await lxc.must('delete', '--force', 'bulk');
  });

  test('a terminal has the size of the caller’s, and passes the exit status', async () => {
    await lxc.must('launch', 'busybox', 'screen');
    const terminal = lxc.onTerminal('exec', 'screen', '-t', '--', 'sh');
    await eventually(async () => assert.match(terminal.screen, /~ # /));
    terminal.type('tty; stty size; exit 5\r');
    assert.equal(await terminal.exited, 5);
    assert.match(terminal.screen, /\/dev\/pts\/\d+\r\n33 77\r\n/);
    await lxc.must('delete', '--force', 'screen');
  });

  test('a program ends when its caller is gone', async () => {
    await lxc.must('launch', 'busybox', 'orphan');
    const caller = lxc.start('exec', 'orphan', '--', 'sleep', '54321');
    const processes = (): Promise<string> => lxc.must('exec', 'orphan', '--', 'ps');
    await eventually(async () => assert.match(await processes(), /sleep 54321/));
    caller.kill();
    await eventually(async () => assert.doesNotMatch(await processes(), /sleep 54321/));
    await lxc.must('delete', '--force', 'orphan');
  });

  test('a console asks for a login, is left by ctrl-a q, and has a log', async () => {
    await lxc.must('launch', 'busybox', 'desk');
    const terminal = lxc.onTerminal('console', 'desk');
    await eventually(async () => assert.match(terminal.screen, /login: $/));
    await eventually(async () => {
      // One key at a time: the client looks at the first byte of what it reads only.
      terminal.type('\u0001');
      await new Promise((resolve) => setTimeout(resolve, 200));
      terminal.type('q');
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.ok(terminal.isOver);
    });
    assert.equal(await terminal.exited, 0);
    assert.equal(await stateOf('desk'), 'RUNNING');
    assert.match(await lxc.must('console', 'desk', '--show-log'), /Console log:/);
    await lxc.must('delete', '--force', 'desk');
  });

  test('configuration, devices and profiles are changed one at a time and as a whole', async () => {
    await lxc.must('launch', 'busybox', 'tuned');
    await lxc.must('config', 'set', 'tuned', 'limits.memory=96MiB', 'user.note=kept');
    assert.equal(await lxc.must('config', 'get', 'tuned', 'limits.memory'), '96MiB');
    await lxc.must('config', 'unset', 'tuned', 'limits.memory');
    assert.doesNotMatch(await lxc.must('config', 'show', 'tuned'), /limits.memory/);
    const whole = await lxc.must('config', 'show', 'tuned');
    const edited = await lxc.run(
      ['config', 'edit', 'tuned'],
      whole.replace('user.note: kept', 'user.note: new'),
    );
    assert.equal(edited.exitCode, 0, edited.stderr);
    assert.equal(await lxc.must('config', 'get', 'tuned', 'user.note'), 'new');
    await lxc.must('profile', 'create', 'small');
    await lxc.must('profile', 'set', 'small', 'limits.processes=64');
    await lxc.must('profile', 'add', 'tuned', 'small');
    assert.match(await lxc.must('config', 'show', 'tuned', '--expanded'), /limits.processes: "64"/);
    await lxc.must('profile', 'remove', 'tuned', 'small');
    await lxc.must('profile', 'delete', 'small');
    const ports = ['listen=tcp:127.0.0.1:7000', 'connect=tcp:127.0.0.1:80'];
    await lxc.must('config', 'device', 'add', 'tuned', 'www', 'proxy', ...ports);
    await lxc.must('config', 'device', 'set', 'tuned', 'www', 'connect=tcp:127.0.0.1:81');
    assert.match(await lxc.must('config', 'device', 'show', 'tuned'), /connect: tcp:127\.0\.0\.1:81/);
    await lxc.must('config', 'device', 'remove', 'tuned', 'www');
    const typo = await lxc.run(['config', 'set', 'tuned', 'limits.memroy=1GiB']);
    assert.match(typo.stderr, /There is no config key "limits.memroy"/);
    await lxc.must('delete', '--force', 'tuned');
  });

  test('files and folders are pushed and pulled with their attributes', async () => {
    await lxc.must('launch', 'busybox', 'shelf');
    const folder = path.join(lxc.folder, 'papers');
    await mkdir(path.join(folder, 'inner'), { recursive: true });
    await writeFile(path.join(folder, 'inner', 'note'), 'salam');
    await lxc.must('file', 'push', '--recursive', '--quiet', folder, 'shelf/root');
    await lxc.must(
      'file',
      'push',
      '--quiet',
      '--create-dirs',
      '--uid',
      '1000',
      '--mode',
      '0640',
      path.join(folder, 'inner', 'note'),
      'shelf/root/made/on/the/way',
    );
    const listed = await lxc.must('exec', 'shelf', '--', 'stat', '-c', '%u %a', '/root/made/on/the/way');
    assert.equal(listed, '1000 640');
    const back = path.join(lxc.folder, 'back');
    await lxc.must('file', 'pull', '--recursive', '--quiet', 'shelf/root/papers', back);
    assert.equal(await readFile(path.join(back, 'papers', 'inner', 'note'), 'utf8'), 'salam');
    await lxc.must('file', 'delete', 'shelf/root/made/on/the/way');
    const gone = await lxc.run(['file', 'pull', 'shelf/root/made/on/the/way', '-']);
    assert.notEqual(gone.exitCode, 0);
    await lxc.must('delete', '--force', 'shelf');
  });

  test('monitor tells what happens, in its order', async () => {
    const monitor = lxc.start('monitor', '--type', 'lifecycle', '--format', 'json');
    // The stream tells only what comes after it: knock until it listens.
    await eventually(async () => {
      await lxc.must('profile', 'create', 'knock');
      await lxc.must('profile', 'delete', 'knock');
      assert.match(monitor.screen, /profile-created/);
    });
    await lxc.must('launch', 'busybox', 'seen');
    await lxc.must('delete', '--force', 'seen');
    await eventually(async () => assert.match(monitor.screen, /instance-deleted/));
    monitor.kill();
    const actions = Array.from(
      monitor.screen.matchAll(/"action":"(instance-[a-z]+)"/g),
      ([, action]) => action,
    );
    const expected = ['instance-created', 'instance-started', 'instance-stopped', 'instance-deleted'];
    assert.deepEqual(
      actions.filter((action) => expected.includes(action ?? '')),
      expected,
    );
  });

  test('images, the network, the project and the server are shown', async () => {
    assert.match(
      await lxc.must('image', 'list', '--format', 'csv'),
      /^busybox,[0-9a-f]{12},no,.*,CONTAINER,/,
    );
    await lxc.must('image', 'alias', 'create', 'another/name', (await fingerprint()).slice(0, 12));
    await lxc.must('launch', 'another/name', 'alias');
    await lxc.must('delete', '--force', 'alias');
    await lxc.must('image', 'alias', 'delete', 'another/name');
    assert.match(await lxc.must('network', 'list', '--format', 'csv'), /,bridge,YES,/);
    assert.match(await lxc.must('project', 'list', '--format', 'csv'), /^default/);
    assert.match(await lxc.must('info'), /driver_version: \d/);
    await lxc.must('operation', 'list');
    const refusal = await lxc.run(['snapshot', 'none']);
    assert.match(refusal.stderr, /Wadah does not serve|There is no instance/);
  });
});

async function fingerprint(): Promise<string> {
  const [image] = JSON.parse(await lxc.must('image', 'list', '--format', 'json'));
  return image.fingerprint;
}
