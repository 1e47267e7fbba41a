import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, test } from 'vitest';
import type { CrunEngine } from '#engine/container/crun-engine.ts';
import { findProgram } from '#host/process/find-program.ts';
import { readProxy } from '#model/device.ts';
import { asSample, duration, report } from '../harness/measure.ts';
import { eventually } from '../harness/host.ts';
import { never } from '../integration/engine/guest-program.ts';
import { TestContainers } from '../integration/engine/test-containers.ts';

const id = '0123abcd';
const ports = { direct: 7000, ours: 7001, node: 7002, socat: 7003 } as const;
const mebibytes = 1024;
const connections = 1000;
let containers: TestContainers;
let engine: CrunEngine;
let inside: string;
const helpers: ChildProcess[] = [];

beforeAll(async () => {
  containers = await TestContainers.open();
  engine = await containers.engine();
  const connect = `tcp:127.0.0.1:${ports.direct}`;
  const forward = readProxy('bench', { listen: `tcp:127.0.0.1:${ports.ours}`, connect });
  const { pid } = await engine.start({ ...(await containers.plan(id)), forwards: [forward] }, never);
  inside = `/proc/${pid}/ns/net`;
  start(inside, 'perl', '-e', sink);
  start(inside, process.execPath, '-e', plainPipe);
  if (hasSocat) start(inside, 'socat', socatFrom, `TCP:127.0.0.1:${ports.direct}`);
  for (const peer of peers) if (peer !== 'ours') await eventually(() => send(inside, ports[peer], 1));
});
afterAll(async () => {
  for (const helper of helpers) {
    helper.kill('SIGKILL');
    await once(helper, 'exit');
  }
  await engine.destroy(id);
  await engine.close();
  await containers.close();
});

const hasSocat = isInstalled('socat');

function isInstalled(program: string): boolean {
  try {
    return findProgram(program) !== '';
  } catch {
    return false;
  }
}

const listenInPerl = (port: number) =>
  `use Socket; socket(L,2,1,0); setsockopt(L,1,2,1); bind(L,pack("SnNx8",2,${port},0x7f000001)) or die; listen(L,1000);`;

/** Takes what comes, a process for each connection, and answers with a byte at its end. */
const sink = `${listenInPerl(ports.direct)} $SIG{CHLD}="IGNORE";
while (accept(C,L)) { if (!fork) { 1 while sysread(C,$b,1048576); syswrite(C,"."); exit } close C }`;

const plainPipe = `require('net').createServer({ allowHalfOpen: true }, (a) => {
  const b = require('net').connect({ port: ${ports.direct}, host: '127.0.0.1', allowHalfOpen: true });
  a.pipe(b).pipe(a);
}).listen(${ports.node}, '127.0.0.1')`;

const socatFrom = `TCP-LISTEN:${ports.socat},bind=127.0.0.1,fork,reuseaddr,backlog=1000`;

function start(namespace: string, ...argv: string[]): void {
  helpers.push(spawn('nsenter', [`--net=${namespace}`, ...argv], { stdio: 'ignore' }));
}

const connectInPerl = (port: number) =>
  `socket(S,2,1,0); connect(S,pack("SnNx8",2,${port},0x7f000001)) or die;`;

async function perl(namespace: string, script: string): Promise<void> {
  const running = spawn('nsenter', [`--net=${namespace}`, 'perl', '-e', script], { stdio: 'ignore' });
  const [status] = (await once(running, 'exit')) as [number];
  if (status !== 0) throw new Error('The script failed');
}

const send = (namespace: string, port: number, amount: number): Promise<void> =>
  perl(
    namespace,
    `${connectInPerl(port)} $b="\\0" x 1048576; for (1..${amount}) { for ($n=0; $n<1048576;) { $n += syswrite(S,$b,1048576-$n) or die } } shutdown(S,1); sysread(S,$b,1)==1 or die`,
  );

const connectOften = (namespace: string, port: number): Promise<void> =>
  perl(
    namespace,
    `for (1..${connections}) { ${connectInPerl(port)} shutdown(S,1); sysread(S,$b,1)==1 or die; close S }`,
  );

type Peer = keyof typeof ports;
const peers: Peer[] = ['direct', 'ours', 'node', ...(hasSocat ? (['socat'] as const) : [])];
const rounds = 7;

/** All of them in each round, so that whatever else the host does hits them alike. */
async function compare(
  what: string,
  work: (namespace: string, port: number) => Promise<void>,
): Promise<void> {
  const times = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of peers) {
      const from = peer === 'ours' ? '/proc/self/ns/net' : inside;
      times.get(peer)?.push(await duration(() => work(from, ports[peer])));
    }
  }
  const sampleOf = (peer: Peer) => asSample(times.get(peer) ?? []);
  for (const peer of peers) {
    if (peer !== 'ours') report(what, sampleOf('ours'), { name: names[peer], sample: sampleOf(peer) });
  }
}

const names: Record<Exclude<Peer, 'ours'>, string> = {
  direct: 'a direct connection',
  node: 'a plain Node pipe',
  socat: 'socat',
};

test('a proxied connection beside a direct one and other proxies', async () => {
  await compare(`proxy: ${mebibytes} MiB by one connection`, (namespace, port) =>
    send(namespace, port, mebibytes),
  );
});

test('many short proxied connections beside direct ones and other proxies', async () => {
  await compare(`proxy: ${connections} connections, one after the other`, connectOften);
});
