import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { makeHostWithImages } from '../../harness/images.ts';
import type { TestHost } from '../../harness/host.ts';
import { Limited } from '../limits/limited.ts';
import { echo, readAll, Side } from './side.ts';
import { addProxy, clear, local } from './web.ts';

let host: TestHost;
let web: Limited;
let outside: Side;
let inside: Side;

beforeAll(async () => {
  host = await makeHostWithImages('busybox');
  await host.must('launch', 'busybox', 'web');
  web = new Limited(host, 'web');
  outside = new Side(host.network.path);
  inside = new Side(`/proc/${await web.initPid()}/ns/net`);
});
afterAll(() => host.remove());
afterEach(() => clear(host, outside, inside));

const proxy = (name: string, ...options: string[]) => addProxy(host, name, ...options);

test('a connection leads to the inside’s own loopback; each side says its last by itself', async () => {
  await proxy('echo', 'listen=tcp:127.0.0.1:7000', 'connect=tcp:127.0.0.1:7');
  inside.listen(local(7), echo);
  const client = outside.connect(local(7000));
  const said = randomBytes(4 * 2 ** 20).toString('hex');
  client.end(said);
  assert.ok((await readAll(client)) === said, 'all of eight megabytes, unchanged');
});

test('who is refused inside is refused outside', async () => {
  await proxy('nobody', 'listen=tcp:127.0.0.1:7001', 'connect=tcp:127.0.0.1:9');
  await assert.rejects(readAll(outside.connect(local(7001))), { code: 'ECONNRESET' });
});

test('a server that hangs up without a word is heard so, and so is a client', async () => {
  await proxy('rude', 'listen=tcp:127.0.0.1:7002', 'connect=tcp:127.0.0.1:10');
  inside.listen(local(10), (connection) => connection.once('data', () => connection.resetAndDestroy()));
  const client = outside.connect(local(7002));
  client.write('hello?');
  await assert.rejects(readAll(client), { code: 'ECONNRESET' });
  const served = new Promise<Socket>((resolve) => void inside.listen(local(11), resolve));
  await proxy('left', 'listen=tcp:127.0.0.1:7003', 'connect=tcp:127.0.0.1:11');
  const rude = outside.connect(local(7003));
  const connection = await served;
  rude.resetAndDestroy();
  await assert.rejects(readAll(connection), { code: 'ECONNRESET' });
});

test('who does not read holds up who writes to it, and nobody else', async () => {
  await proxy('slow', 'listen=tcp:127.0.0.1:7004-7005', 'connect=tcp:127.0.0.1:12-13');
  inside.listen(local(12), (connection) => connection.pause());
  inside.listen(local(13), echo);
  const writer = outside.connect(local(7004));
  const megabyte = Buffer.alloc(2 ** 20);
  for (let count = 0; count < 64; count += 1) writer.write(megabyte);
  const other = outside.connect(local(7005));
  other.end('still served');
  assert.equal(await readAll(other), 'still served');
  assert.ok(writer.writableLength > 0, 'buffers on the way are full long before 64 MiB');
});

test('many connections at a time are served, and many ports may lead to one', async () => {
  await proxy('crowd', 'listen=tcp:127.0.0.1:7010-7013,7020', 'connect=tcp:127.0.0.1:14');
  inside.listen(local(14), echo);
  const ports = [7010, 7011, 7012, 7013, 7020];
  const clients = Array.from({ length: 600 }, (_, index) => outside.connect(local(ports[index % 5] ?? 0)));
  clients.forEach((client, index) => client.end(`number ${index}`));
  const answers = await Promise.all(clients.map(readAll));
  assert.deepEqual(
    answers,
    clients.map((_, index) => `number ${index}`),
  );
});

test('another target is for new connections; those that go on keep theirs', async () => {
  await proxy('moved', 'listen=tcp:127.0.0.1:7030', 'connect=tcp:127.0.0.1:15');
  inside.listen(local(15), (connection) => connection.write('old'));
  inside.listen(local(16), (connection) => connection.end('new'));
  const first = outside.connect(local(7030));
  assert.equal(String((await once(first, 'data'))[0]), 'old');
  await host.must('config', 'device', 'set', 'web', 'moved', 'connect=tcp:127.0.0.1:16');
  assert.equal(await readAll(outside.connect(local(7030))), 'new');
  assert.equal(first.destroyed, false);
  const over = assert.rejects(readAll(first), { code: 'ECONNRESET' });
  await host.must('config', 'device', 'remove', 'web', 'moved');
  await over;
});

test('the other way round: a program inside reaches the host’s loopback', async () => {
  await proxy('database', 'bind=instance', 'listen=tcp:127.0.0.1:5432', 'connect=tcp:127.0.0.1:7040');
  outside.listen(local(7040), echo);
  assert.equal(await web.says('echo salam | nc 127.0.0.1 5432'), 'salam');
});

test('each sender of datagrams gets the answers that are for it', async () => {
  await proxy('udp', 'listen=udp:127.0.0.1:7053', 'connect=udp:127.0.0.1:53');
  const server = inside.receive(local(53));
  server.on('message', (data, { address, port }) => server.send(`${data.toString()} too`, port, address));
  const ask = async (what: string): Promise<string> => {
    const socket = outside.receive(local(0));
    const answered = once(socket, 'message');
    socket.send(what, 7053, '127.0.0.1');
    return String((await answered)[0]);
  };
  const questions = Array.from({ length: 50 }, (_, index) => `me ${index}`);
  assert.deepEqual(
    await Promise.all(questions.map(ask)),
    questions.map((question) => `${question} too`),
  );
});

test('a server inside may be told first who connects', async () => {
  await proxy('told', 'listen=tcp:127.0.0.1:7060', 'connect=tcp:127.0.0.1:17', 'proxy_protocol=true');
  inside.listen(local(17), echo);
  const client = outside.connect(local(7060));
  client.end('hello');
  const port = client.localPort;
  assert.equal(await readAll(client), `PROXY TCP4 127.0.0.1 127.0.0.1 ${port} 7060\r\nhello`);
});

test('a pause makes who connects wait, and a restart begins anew', async () => {
  await proxy('www', 'listen=tcp:127.0.0.1:7070', 'connect=tcp:127.0.0.1:80');
  const serve = 'mkdir -p /www && echo salam >/www/index.html && httpd -h /www -p 127.0.0.1:80';
  await web.says(serve);
  const ask = (): Promise<string> => {
    const client = outside.connect(local(7070));
    client.end('GET /index.html HTTP/1.0\r\n\r\n');
    return readAll(client);
  };
  assert.match(await ask(), /salam/);
  await host.must('pause', 'web');
  const late = ask();
  await host.must('resume', 'web');
  assert.match(await late, /salam/);
  inside.close();
  await host.must('restart', '--force', 'web');
  inside = new Side(`/proc/${await web.initPid()}/ns/net`);
  await web.says(serve);
  assert.match(await ask(), /salam/);
});
