import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { FakeDaemon, fakeOperation } from '#client/fake-daemon.ts';
import { root } from './root.ts';
import { FakeSurroundings, type Pretence, runLine } from '../fake-surroundings.ts';
import { run } from '../run.ts';

type Streams = Record<string, WebSocket>;

/** A daemon with one program, that `act` plays as soon as all its streams are connected. */
async function playing(names: readonly string[], act: (streams: Streams) => Promise<number> | number) {
  const daemon = await FakeDaemon.start();
  const fds = Object.fromEntries(names.map((name) => [name, `secret-${name}`]));
  const begun = fakeOperation({ status: 'Running', status_code: 103, class: 'websocket', metadata: { fds } });
  const connected = names.map(
    (name) =>
      new Promise<[string, WebSocket]>((resolve) => {
        daemon.onSocket(`/1.0/operations/${begun.id}/websocket?secret=secret-${name}`, (socket) =>
          resolve([name, socket]),
        );
      }),
  );
  const status = Promise.all(connected).then((pairs) => act(Object.fromEntries(pairs)));
  daemon.on('POST /1.0/instances/web1/exec', { operation: begun });
  daemon.on('POST /1.0/instances/web1/console', { operation: begun });
  daemon.on(`GET /1.0/operations/${begun.id}/wait`, async () => ({
    metadata: fakeOperation({ metadata: { return: await status } }),
  }));
  return daemon;
}

const piped = ['0', '1', '2', 'control'];
const terminal = ['0', 'control'];
const end = (socket: WebSocket | undefined) => socket?.send('');
const write = (socket: WebSocket | undefined, text: string) =>
  socket?.send(Buffer.from(text), { binary: true });

const request = (daemon: FakeDaemon): unknown => JSON.parse(daemon.requests[0]?.body ?? 'null');

test('exec passes standard streams through, and the exit status', async () => {
  await using daemon = await playing(piped, async ({ 0: input, 1: output, 2: errors }) => {
    await new Promise<void>((resolve) => {
      input?.on('message', (bytes: Buffer, isBinary: boolean) => {
        if (isBinary) write(output, `got ${bytes.toString()}`);
        else resolve();
      });
    });
    write(errors, 'warned');
    end(output);
    end(errors);
    return 42;
  });
  const line = ['exec', 'web1', '--env', 'A=b', '--user', '33', '--cwd', '/srv', '--', 'cat', '-A'];
  expect(await runLine(daemon, line, { input: 'hello' })).toEqual({
    status: 42,
    out: 'got hello',
    err: 'warned',
  });
  expect(request(daemon)).toEqual({
    command: ['cat', '-A'],
    interactive: false,
    environment: { A: 'b' },
    user: 33,
    cwd: '/srv',
    'wait-for-websocket': true,
  });
});

test('exec does not wait for input that the command did not want', async () => {
  await using daemon = await playing(piped, ({ 1: output, 2: errors }) => {
    end(output);
    end(errors);
    return 0;
  });
  expect(await runLine(daemon, ['exec', 'web1', '--', 'true'], { keepsTyping: true })).toMatchObject({
    status: 0,
  });
});

test('at a terminal exec makes one inside, of the same size and kind', async () => {
  await using daemon = await playing(terminal, ({ 0: screen }) => {
    write(screen, '# ');
    end(screen);
    return 0;
  });
  const pretence = { isTerminal: true, columns: 100, env: { TERM: 'vt100' } };
  expect(await runLine(daemon, ['exec', 'web1', '--', 'sh'], pretence)).toMatchObject({
    status: 0,
    out: '# ',
  });
  expect(request(daemon)).toMatchObject({
    interactive: true,
    width: 100,
    height: 24,
    environment: { TERM: 'vt100' },
  });
});

test('-T makes no terminal inside where there is one here, and -t makes one where there is none', async () => {
  for (const [option, isTerminal] of [
    ['-T', true],
    ['-t', false],
  ] as const) {
    await using daemon = await playing(isTerminal ? piped : terminal, (streams) => {
      for (const [name, stream] of Object.entries(streams)) if (name !== 'control') end(stream);
      return 0;
    });
    await runLine(daemon, ['exec', 'web1', option, '--', 'sh'], { isTerminal });
    expect(request(daemon)).toMatchObject({ interactive: !isTerminal });
  }
});

/** Runs a line whose surroundings the test can poke meanwhile. */
function running(daemon: FakeDaemon, argv: string[], pretence: Pretence) {
  const surroundings = new FakeSurroundings(argv, { ...pretence, env: { WADAH_SOCKET: daemon.socket } });
  return { surroundings, status: run(surroundings, root) };
}

test('the terminal is raw while it is lent, its size follows, and it is put back', async () => {
  const resized = new EventEmitter();
  await using daemon = await playing(terminal, async ({ 0: screen, control }) => {
    resized.emit('ready');
    const [message] = (await once(control as WebSocket, 'message')) as [Buffer];
    resized.emit('message', JSON.parse(message.toString()));
    end(screen);
    return 0;
  });
  const ready = once(resized, 'ready');
  const told = once(resized, 'message');
  const { surroundings, status } = running(daemon, ['shell', 'web1'], {
    isTerminal: true,
    keepsTyping: true,
  });
  await ready;
  expect(surroundings.isRaw).toBe(true);
  surroundings.stdout.columns = 132;
  surroundings.stdout.rows = 50;
  await expect.poll(() => surroundings.signals.listenerCount('SIGWINCH')).toBe(1);
  const poke = setInterval(() => surroundings.signals.emit('SIGWINCH'), 5);
  expect((await told)[0]).toEqual({ command: 'window-resize', args: { width: '132', height: '50' } });
  clearInterval(poke);
  expect(await status).toBe(0);
  expect(surroundings.isRaw).toBe(false);
  expect(surroundings.signals.listenerCount('SIGWINCH')).toBe(0);
});

test('signals go to the command', async () => {
  const events = new EventEmitter();
  await using daemon = await playing(piped, async ({ 1: output, 2: errors, control }) => {
    const [message] = (await once(control as WebSocket, 'message')) as [Buffer];
    events.emit('message', JSON.parse(message.toString()));
    end(output);
    end(errors);
    return 128 + 15;
  });
  const told = once(events, 'message');
  const { surroundings, status } = running(daemon, ['exec', 'web1', '--', 'sleep', '9'], {
    keepsTyping: true,
  });
  await expect.poll(() => surroundings.signals.listenerCount('SIGTERM')).toBe(1);
  surroundings.signals.emit('SIGTERM', 'SIGTERM');
  expect((await told)[0]).toEqual({ command: 'signal', signal: 15 });
  expect(await status).toBe(143);
});

test('125 says that the command was not run', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/instances/web1/exec', {
    error: 'Cannot exec "web1": it is stopped',
    status: 400,
    wadah: { code: 'wrong-state', hint: 'exec works when an instance is running.' },
  });
  expect(await runLine(daemon, ['exec', 'web1', '--', 'true'])).toMatchObject({
    status: 125,
    err: 'Error: Cannot exec "web1": it is stopped\nHint: exec works when an instance is running.\n',
  });
});

test('a connection that breaks is no success', async () => {
  await using daemon = await playing(piped, ({ 1: output }) => {
    output?.terminate();
    return new Promise<number>(() => {});
  });
  expect(await runLine(daemon, ['exec', 'web1', '--', 'true'])).toMatchObject({ status: 125 });
});

test('shell is a login shell of the user who was named', async () => {
  await using daemon = await playing(piped, ({ 1: output, 2: errors }) => {
    end(output);
    end(errors);
    return 0;
  });
  await runLine(daemon, ['shell', 'web1', 'www-data']);
  expect(request(daemon)).toMatchObject({ command: ['su', '-', 'www-data'] });
});

test('console sends keys through until ctrl-a q, and leaves the guest alone', async () => {
  const typed: string[] = [];
  await using daemon = await playing(terminal, async ({ 0: screen, control }) => {
    screen?.on('message', (bytes: Buffer) => typed.push(bytes.toString()));
    write(screen, 'login: ');
    await once(control as WebSocket, 'close');
    return 0;
  });
  const pretence = { isTerminal: true, input: 'root\r\u0001x\u0001\u0001\u0001q', keepsTyping: true };
  expect((await runLine(daemon, ['console', 'web1'], pretence)).status).toBe(0);
  await expect.poll(() => typed.join('')).toBe('root\r\u0001x\u0001');
});

test('console --show-log spares a terminal the escape sequences of a guest', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/instances/web1/console', { content: '\u001b[32mOK\u001b[0m up\r\nlogin:' });
  const log = async (isTerminal: boolean) =>
    (await runLine(daemon, ['console', 'web1', '--show-log'], { isTerminal })).out;
  expect(await log(true)).toBe('OK up\nlogin:\n');
  expect(await log(false)).toBe('\u001b[32mOK\u001b[0m up\r\nlogin:\n');
});
