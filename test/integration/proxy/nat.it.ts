import assert from 'node:assert/strict';
import { execa } from 'execa';
import { afterAll, beforeAll, test } from 'vitest';
import { audit } from '../../harness/audit.ts';
import { makeHostWithImages } from '../../harness/images.ts';
import { eventually, type TestHost } from '../../harness/host.ts';
import { Limited } from '../limits/limited.ts';
import { readAll, Side } from './side.ts';

let host: TestHost;
let web: Limited;
let other: Limited;
let outside: Side;

/** An address of the host that is not its loopback's. */
const address = '192.0.2.1';
const serve = 'mkdir -p /www && echo salam >/www/index.html && httpd -h /www -p 80 -p 0.0.0.0:80';

beforeAll(async () => {
  host = await makeHostWithImages('busybox');
  await execa('ip', ['-n', host.network.name, 'address', 'add', `${address}/32`, 'dev', 'lo']);
  for (const name of ['web', 'other']) await host.must('launch', 'busybox', name);
  [web, other] = [new Limited(host, 'web'), new Limited(host, 'other')];
  outside = new Side(host.network.path);
  await web.says(serve);
});
afterAll(() => host.remove());

const add = (name: string, ...options: string[]) =>
  host.wadah(['config', 'device', 'add', 'web', name, 'proxy', 'nat=true', ...options]);

async function asked(port: number): Promise<string> {
  const client = outside.connect({ host: address, port });
  client.end('GET /index.html HTTP/1.0\r\n\r\n');
  return readAll(client);
}

test('the kernel leads packets to the instance, of the host and of its neighbours', async () => {
  assert.equal((await add('www', `listen=tcp:${address}:8000-8001`, 'connect=tcp:0.0.0.0:80')).exitCode, 0);
  assert.match(await asked(8000), /salam/);
  assert.match(await asked(8001), /salam/);
  assert.equal(await other.says(`wget -q -O - http://${address}:8000/`), 'salam');
  await audit(host);
});

test('it needs no program, goes on without a daemon, and ends with the device', async () => {
  await host.endDaemon('SIGKILL');
  assert.match(await asked(8000), /salam/);
  await host.startDaemon();
  assert.match(await asked(8000), /salam/);
  await audit(host);
  await host.must('config', 'device', 'remove', 'web', 'www');
  await assert.rejects(asked(8000), { code: 'ECONNREFUSED' });
  await audit(host);
});

test('a port on which somebody listens, or which another instance has, is refused', async () => {
  outside.listen({ host: '0.0.0.0', port: 8010 }, () => undefined);
  const taken = await add('taken', 'listen=tcp:0.0.0.0:8010', 'connect=tcp:0.0.0.0:80');
  assert.match(taken.stderr, /Device "taken": tcp:0\.0\.0\.0:8010 is in use on the host already/);
  const relay = ['proxy', 'listen=tcp:0.0.0.0:8020', 'connect=tcp:127.0.0.1:80'];
  await host.must('config', 'device', 'add', 'other', 'relay', ...relay);
  const clash = await add('clash', `listen=tcp:${address}:8020`, 'connect=tcp:0.0.0.0:80');
  assert.match(clash.stderr, /"clash" and "relay" of "other" cannot both listen on tcp:192\.0\.2\.1:8020/);
  const foreign = await add('foreign', 'listen=tcp:0.0.0.0:8030', 'connect=tcp:198.51.100.7:80');
  assert.match(foreign.stderr, /198\.51\.100\.7 is no address of the instance/);
  await host.must('config', 'device', 'remove', 'other', 'relay');
  outside.close();
  await audit(host);
});

test('of an instance that stops nothing is left, and its next run has it again', async () => {
  assert.equal((await add('again', `listen=tcp:${address}:8040`, 'connect=tcp:0.0.0.0:80')).exitCode, 0);
  await host.must('stop', '--force', 'web');
  await audit(host);
  await host.must('start', 'web');
  await web.says(serve);
  await eventually(async () => assert.match(await asked(8040), /salam/));
  await audit(host);
});
