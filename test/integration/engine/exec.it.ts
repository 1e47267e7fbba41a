import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, beforeAll, test } from 'vitest';
import { sleep } from '#base/wait.ts';
import type { CrunEngine } from '#engine/container/crun-engine.ts';
import type { ExecSession, RunPlan } from '#engine/engine.ts';
import { execRequest } from '#engine/test-exec.ts';
import { inside, never } from './guest-program.ts';
import { TestContainers } from './test-containers.ts';

const id = '0123abcd';
const terminal = { columns: 100, rows: 30 };
let containers: TestContainers;
let engine: CrunEngine;
let plan: RunPlan;

beforeAll(async () => {
  containers = await TestContainers.open();
  engine = await containers.engine();
  plan = await containers.plan(id, { config: { 'environment.COLOUR': 'blue' } });
  await engine.start(plan, never);
});
afterAll(() => containers.close(engine, id));

const start = (command: string[], more = {}, signal = never): Promise<ExecSession> =>
  engine.exec(id, execRequest(command, more), signal);

/** Reads until `wanted` has been seen. */
async function see(session: ExecSession, wanted: RegExp): Promise<string> {
  let seen = '';
  for await (const chunk of session.stdout.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (wanted.test(seen)) return seen;
  }
  throw new Error(`It ended without ${wanted}: ${seen.slice(-200)}`);
}

const leaves = (): string[] => {
  const { payload } = containers.host.cgroups.folders(id);
  return readdirSync(payload).filter((name) => name.startsWith('exec.'));
};

test('user, group, folder and environment are those of the request', async () => {
  const script = 'id -u; id -g; readlink /proc/self/cwd; echo "$COLOUR $SIZE $HOME"';
  const more = { user: 1000, group: 50, cwd: '/tmp', environment: { SIZE: 'big' } };
  assert.equal((await inside(engine, id, script, more)).stdout, '1000\n50\n/tmp\nblue big /home/user');
});

test('without a folder it starts at home, or at / when there is no home', async () => {
  const here = 'readlink /proc/self/cwd';
  assert.equal((await inside(engine, id, here)).stdout, '/root');
  await inside(engine, id, 'mv /root /elsewhere 2>/dev/null || busybox mv /root /elsewhere');
  assert.equal((await inside(engine, id, here)).stdout, '/');
  await inside(engine, id, 'busybox mv /elsewhere /root');
});

test('what cannot be started says why, in the code that exit statuses are made from', async () => {
  await assert.rejects(start(['nothing']), {
    code: 'not-found',
    message: 'There is no program "nothing" inside',
  });
  await assert.rejects(start(['/nothing/here']), { code: 'not-found' });
  await assert.rejects(start(['/etc/passwd']), { code: 'invalid' });
  await assert.rejects(start(['/root']), { code: 'invalid' });
  await assert.rejects(start(['true'], { cwd: '/nowhere' }), { code: 'invalid', message: /\/nowhere/ });
  assert.deepEqual(leaves(), []);
});

test('megabytes go in and come out unchanged, with their end', async () => {
  const size = 8 * 2 ** 20;
  const input = Buffer.alloc(size, 'wadah!\n');
  const session = await start(['cat']);
  session.stdin.end(input);
  session.stderr?.resume();
  const [output, status] = await Promise.all([buffer(session.stdout), session.exited]);
  assert.ok(output.equals(input));
  assert.equal(status, 0);
});

test('a reader that does not read keeps the program waiting, not the daemon’s memory filling', async () => {
  const session = await start(['sh', '-c', 'yes | head -c 50000000; echo done >&2']);
  const isDone = text(session.stderr ?? session.stdout);
  const before = process.memoryUsage().arrayBuffers;
  await sleep(300);
  assert.ok(process.memoryUsage().arrayBuffers - before < 10 ** 7);
  session.stdout.resume();
  assert.equal(await isDone, 'done\n');
  assert.equal(await session.exited, 0);
});

test('a program that reads nothing does not mind what is written to it', async () => {
  const session = await start(['true']);
  session.stdin.on('error', () => {});
  session.stdin.end(Buffer.alloc(1_000_000));
  assert.equal(await session.exited, 0);
});

test('a service that is started from inside an exec goes on, and the exec ends', async () => {
  const script = 'sleep 1234 & echo started';
  assert.deepEqual(await inside(engine, id, script), { stdout: 'started', stderr: '', status: 0 });
  assert.match((await inside(engine, id, 'ps')).stdout, /sleep 1234/);
  assert.equal(leaves().length, 1);
  await inside(engine, id, 'kill $(ps | grep "[s]leep 1234" | { read pid _; echo $pid; })');
  await inside(engine, id, 'true');
  assert.deepEqual(leaves(), [], 'its group went with it');
});

test('an exec that is cancelled leaves no process, whatever it has started', async () => {
  const cancel = new AbortController();
  const session = await start(['sh', '-c', 'setsid sleep 4321 & sleep 4322; sleep 4323'], {}, cancel.signal);
  session.stdout.resume();
  cancel.abort();
  assert.equal(await session.exited, 137);
  assert.doesNotMatch((await inside(engine, id, 'ps')).stdout, /sleep 432/);
  assert.deepEqual(leaves(), []);
});

test('an exec that is cancelled before it began does not begin', async () => {
  const cancel = new AbortController();
  const starting = start(['sh', '-c', 'touch /root/began'], {}, cancel.signal);
  cancel.abort();
  await assert.rejects(starting, { name: 'AbortError' });
  assert.deepEqual(leaves(), []);
});

test('a signal ends the program, whose status says so', async () => {
  const session = await start(['sleep', '1000']);
  session.signal(1);
  assert.equal(await session.exited, 128 + 1);
});

test('a terminal has the size that was asked for, and its resize reaches the program', async () => {
  // crun sets the size while the program starts, and may be the slower of the two.
  const sized = 'until [ "$(stty size 2>/dev/null)" = "30 100" ]; do :; done';
  const script = `${sized}; trap "stty size; exit 0" WINCH; echo sized; while :; do sleep 0.1; done`;
  const session = await start(['sh', '-c', script], { terminal });
  await see(session, /sized/);
  session.resize({ columns: 132, rows: 43 });
  await see(session, /43 132\r\n/);
  assert.equal(await session.exited, 0);
});

test('control characters work as on any terminal', async () => {
  const session = await start(
    ['sh', '-c', 'tty; trap "exit 42" INT; echo ready; while :; do sleep 0.1; done'],
    {
      terminal,
    },
  );
  assert.match(await see(session, /ready/), /^\/dev\/pts\/\d+\r\n/);
  session.stdin.write('\x03');
  session.stdout.resume();
  assert.equal(await session.exited, 42);
});

test('closing a terminal hangs up', async () => {
  const cancel = new AbortController();
  const session = await start(['sh', '-c', 'echo ready; sleep 1111'], { terminal }, cancel.signal);
  await see(session, /ready/);
  cancel.abort();
  assert.ok(
    [128 + 1, 128 + 9].includes(await session.exited),
    'by the hang-up or by the kill, whichever comes first',
  );
  assert.doesNotMatch((await inside(engine, id, 'ps')).stdout, /sleep 1111/);
});

test('nothing of what a terminal shows is lost at its end, however much it is', async () => {
  for (let round = 0; round < 10; round += 1) {
    const session = await start(['seq', '20000'], { terminal });
    const lines = (await text(session.stdout)).split('\r\n');
    assert.equal(lines.length, 20_001);
    assert.equal(await session.exited, 0);
  }
});

test('what nobody reads on a terminal does not hold up the daemon', async () => {
  const session = await start(['sh', '-c', 'stty raw; echo ready; sleep 0.5; head -c 100000 | wc -c'], {
    terminal,
  });
  await see(session, /ready/);
  const begun = performance.now();
  session.stdin.write(Buffer.alloc(100_000, 'x'));
  assert.ok(performance.now() - begun < 400, 'writing did not wait for the reader');
  await see(session, /100000/);
  await session.exited;
});

test('fifty at once all end with their own output', async () => {
  const numbers = Array.from({ length: 50 }, (_, number) => number);
  const results = await Promise.all(
    numbers.map((number) => inside(engine, id, `echo ${number}; exit ${number}`)),
  );
  assert.deepEqual(
    results.map(({ stdout, status }) => [Number(stdout), status]),
    numbers.map((number) => [number, number]),
  );
  assert.deepEqual(leaves(), []);
});

test('a console gives a shell where there is no login, and the log keeps what it showed', async () => {
  const session = await engine.console(id, terminal, never);
  session.stdin.write('echo on the $((1 + 1))nd console; exit 5\n');
  await see(session, /on the 2nd console/);
  session.stdout.resume();
  assert.equal(await session.exited, 5);
  assert.match(await engine.consoleLog(id), /init of guest1 says hello[\s\S]*on the 2nd console/);
});
