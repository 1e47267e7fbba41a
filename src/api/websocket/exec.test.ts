import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { Operation } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { Api } from '../api.ts';
import type { SessionRequest } from '../services.ts';
import { type FakeSession, fakeSession } from '../testing/fake-session.ts';
import { type FakeServices, fakeApi } from '../testing/fake-services.ts';
import { UnixClient, untilBarrier } from '../testing/unix-client.ts';

let api: Api;
let services: FakeServices;
let client: UnixClient;
/** The program, when it runs. */
let started: Promise<FakeSession & { request: SessionRequest; signal: AbortSignal }>;

beforeEach(async () => {
  ({ api, services } = fakeApi());
  client = await UnixClient.inTemporaryFolder();
  await api.listen(client.socketPath);
  const source = { type: 'image', alias: 'busybox' };
  const config = { 'environment.GREETING': 'hello', 'environment.LANG': 'id_ID.UTF-8' };
  await client.finished(
    await client.operation('POST', '/1.0/instances', { name: 'c1', source, config, start: true }),
  );
  started = new Promise((resolve) => {
    services.instances.runs = async (request, signal) => {
      const program = fakeSession(request.terminal !== undefined, signal);
      resolve({ ...program, request, signal });
      return program.session;
    };
  });
});
afterEach(async () => {
  await services.operations.close();
  await api.close();
  await client[Symbol.asyncDispose]();
});

const exec = (more: object = {}): Promise<Operation> =>
  client.operation('POST', '/1.0/instances/c1/exec', {
    command: ['sh'],
    'wait-for-websocket': true,
    ...more,
  });

const openConsole = (): Promise<Operation> =>
  client.operation('POST', '/1.0/instances/c1/console', { width: 100, height: 40, type: 'console' });

async function connect(operation: Operation, names: string): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  for (const name of names.split(' ')) sockets.push(await client.stream(operation, name));
  return sockets;
}

const say = (socket: WebSocket, message: object): void => socket.send(JSON.stringify(message));

test('three streams carry bytes both ways, and the exit status is in the operation', async () => {
  const operation = await exec();
  expect(operation).toMatchObject({
    class: 'websocket',
    status: 'Running',
    metadata: { interactive: false },
  });
  const [, input, output, errors] = await connect(operation, 'control 0 1 2');
  const read = Promise.all([untilBarrier(output!), untilBarrier(errors!)]);
  input!.send(Buffer.from('early '));
  const program = await started;
  input!.send(Buffer.from('late'));
  input!.send('');
  expect(await text(program.stdin)).toBe('early late');
  program.stdout.write('out');
  program.stderr.write('err');
  program.exit(3);
  expect((await read).map(String)).toEqual(['out', 'err']);
  expect(await client.finished(operation)).toMatchObject({ status: 'Success', metadata: { return: 3 } });
});

test('a program starts when its streams are connected, with or without control', async () => {
  const operation = await exec();
  let isStarted = false;
  void started.then(() => {
    isStarted = true;
  });
  await connect(operation, '0 1');
  await client.operation('GET', '/1.0/instances');
  expect(isStarted).toBe(false);
  await connect(operation, '2');
  (await started).exit(0);
  expect((await client.finished(operation)).metadata).toMatchObject({ return: 0 });
});

test('a terminal is one stream that can be resized and signalled', async () => {
  const operation = await exec({ interactive: true, width: 100, height: 40 });
  expect(Object.keys(operation.metadata['fds'] as object)).toEqual(['0', 'control']);
  const [control, stream] = await connect(operation, 'control 0');
  const read = untilBarrier(stream!);
  const program = await started;
  expect(program.request.terminal).toEqual({ columns: 100, rows: 40 });
  stream!.send(Buffer.from('ls\r'));
  expect(String((await once(program.stdin, 'data'))[0])).toBe('ls\r');
  say(control!, { command: 'nonsense' });
  control!.send('no JSON');
  say(control!, { command: 'window-resize', args: { width: '120', height: '50' }, signal: 0 });
  say(control!, { command: 'signal', args: null, signal: 15 });
  await expect.poll(() => program.told).toEqual([{ columns: 120, rows: 50 }, { signal: 15 }]);
  program.stdout.write('shown');
  program.exit(0);
  expect(String(await read)).toBe('shown');
});

test('much data passes whole in both directions', async () => {
  const data = randomBytes(6 * 2 ** 20);
  const operation = await exec();
  const [, input, output] = await connect(operation, 'control 0 1 2');
  const read = untilBarrier(output!);
  const program = await started;
  for (let at = 0; at < data.length; at += 50_000) input!.send(data.subarray(at, at + 50_000));
  input!.send('');
  const received = await buffer(program.stdin);
  program.stdout.write(received);
  program.exit(0);
  expect((await read).equals(data)).toBe(true);
});

test('the environment is the instance’s own, with the caller’s on top', async () => {
  const { metadata } = await exec({ environment: { GREETING: 'hi', TERM: 'xterm' } });
  expect(metadata['environment']).toEqual({ GREETING: 'hi', LANG: 'id_ID.UTF-8', TERM: 'xterm' });
});

test('a secret works once, and a wrong one opens nothing', async () => {
  const operation = await exec();
  await connect(operation, '0');
  await expect(connect(operation, '0')).rejects.toThrow('HTTP 403');
  const path = `/1.0/operations/${operation.id}/websocket?secret=`;
  await expect(client.websocket(`${path}${'0'.repeat(64)}`)).rejects.toThrow('HTTP 403');
  await expect(client.websocket(`${path}&project=default`)).rejects.toThrow('HTTP 403');
  await expect(client.websocket('/1.0/operations/none/websocket?secret=x')).rejects.toThrow('HTTP 404');
});

test('a program is killed when its client drops control', async () => {
  const operation = await exec();
  const [control] = await connect(operation, 'control 0 1 2');
  const program = await started;
  control!.terminate();
  expect((await client.finished(operation)).metadata).toMatchObject({ return: 137 });
  expect(program.told).toEqual([{ signal: 9 }]);
});

test('a client that ends its half of the connection is gone, close frame or not', async () => {
  const operation = await exec({ interactive: true });
  const [, stream] = await connect(operation, 'control 0');
  await started;
  Reflect.get(stream!, '_socket').end();
  expect((await client.finished(operation)).metadata).toMatchObject({ return: 137 });
});

test('leaving a console ends its terminal, and that is a success', async () => {
  const operation = await openConsole();
  const [control] = await connect(operation, 'control 0');
  const { signal, request } = await started;
  expect(request.terminal).toEqual({ columns: 100, rows: 40 });
  control!.close();
  expect(await client.finished(operation)).toMatchObject({ status: 'Success' });
  expect(signal.aborted).toBe(true);
});

test('a reader that leaves is noticed by the program that writes to it', async () => {
  const operation = await exec();
  const [, , output] = await connect(operation, 'control 0 1 2');
  const program = await started;
  const broken = once(program.session.stdout, 'close');
  output!.close();
  await broken;
  program.exit(141);
  expect((await client.finished(operation)).metadata).toMatchObject({ return: 141 });
});

test.each([
  ['not-found', 127],
  ['invalid', 126],
] as const)('a program that cannot be started, %s, ends with %i and says why', async (code, status) => {
  services.instances.runs = () => Promise.reject(new Fault(code, 'no such program'));
  const operation = await exec();
  const [errors] = await connect(operation, '2');
  const complaint = untilBarrier(errors!);
  await connect(operation, '0 1');
  expect(String(await complaint)).toBe('no such program\n');
  expect(await client.finished(operation)).toMatchObject({ status: 'Success', metadata: { return: status } });
});

test('a terminal shows why its program cannot be started', async () => {
  services.instances.runs = () => Promise.reject(new Fault('not-found', 'no such program'));
  const operation = await exec({ interactive: true });
  const [stream] = await connect(operation, '0');
  const shown = untilBarrier(stream!);
  await connect(operation, 'control');
  expect(String(await shown)).toBe('no such program\r\n');
  expect((await client.finished(operation)).metadata).toMatchObject({ return: 127 });
});

test('an exec that is cancelled ends its program and hangs up', async () => {
  const operation = await exec();
  const [control] = await connect(operation, 'control 0 1 2');
  const { signal } = await started;
  await client.operation('DELETE', `/1.0/operations/${operation.id}`);
  await once(control!, 'close');
  expect(signal.aborted).toBe(true);
  expect(await client.finished(operation)).toMatchObject({ status: 'Cancelled' });
});

test('what a program writes without websockets is recorded, until it is deleted', async () => {
  const body = { 'wait-for-websocket': false, 'record-output': true };
  const operation = await exec(body);
  expect(operation.class).toBe('task');
  const program = await started;
  program.stdout.write('out');
  program.stderr.write('err');
  program.exit(1);
  const { metadata } = await client.finished(operation);
  expect(metadata['return']).toBe(1);
  const output = metadata['output'] as Record<'1' | '2', string>;
  expect((await api.app.inject(output[1])).body).toBe('out');
  expect((await api.app.inject(output[2])).body).toBe('err');
  await api.app.inject({ method: 'DELETE', url: output[1] });
  expect((await api.app.inject(output[1])).statusCode).toBe(404);
});

test('a stopped instance runs nothing', async () => {
  await client.finished(await client.operation('PUT', '/1.0/instances/c1/state', { action: 'stop' }));
  const answer = await api.app.inject({
    method: 'POST',
    url: '/1.0/instances/c1/exec',
    payload: { command: ['ls'] },
  });
  expect(answer.json()).toMatchObject({ error_code: 409, wadah: { code: 'wrong-state' } });
});
