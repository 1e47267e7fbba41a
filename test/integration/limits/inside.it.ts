import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { startTimeOf } from '#host/process/proc.ts';
import { eventually, type TestHost } from '../../harness/host.ts';
import { makeHostWithImages } from '../../harness/images.ts';
import { java, javaPrograms, javaRecipe } from '../../harness/java.ts';
import { Limited } from './limited.ts';

const mebibyte = 2 ** 20;
/** The kernel's unit of times in /proc. */
const ticksPerSecond = 100;
const all = availableParallelism();
const usual = { 'limits.memory': '512MiB', 'limits.cpu': '1' };
/** Seconds since the host's boot when nothing of the container was there yet. */
const before = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);

let host: TestHost;
let web: Limited;
let init: number;

beforeAll(async () => {
  host = await makeHostWithImages(javaRecipe);
  const limits = Object.entries(usual).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  await host.must('launch', 'java', 'web', '--wait', ...limits);
  web = new Limited(host, 'web');
  init = await web.initPid();
  await web.says(`mkfifo /tmp/ask; (${java} ${javaPrograms}/Facts.java <>/tmp/ask >/tmp/told 2>&1 &)`);
  await eventually(async () => assert.equal(await web.says('cat /tmp/told'), 'ready'));
});
afterAll(() => host.remove());
afterEach(() => web.set(usual));

/** Each line: what tells it, and what that says. The JVM has been running all the time, the others start now. */
const script = `
  top=$(top -b -n 1 -1 -w 100)
  told=$(wc -l </tmp/told); echo >/tmp/ask
  while [ "$(wc -l </tmp/told)" = "$told" ]; do sleep 0.05; done
  jvm=$(tail -n 1 /tmp/told)
  echo memory free $(free --mebi | awk '/^Mem:/ { print $2 }')
  echo memory meminfo $(awk '/^MemTotal:/ { print $2 / 1024 }' /proc/meminfo)
  echo memory top $(echo "$top" | sed -n 's/^MiB Mem : *\\([0-9]*\\)\\.0 total.*/\\1/p')
  echo memory jvm $(echo "$jvm" | sed 's/.* memory=\\([0-9]*\\) .*/\\1/' | awk '{ print $1 / 1048576 }')
  echo processors nproc $(nproc)
  echo processors getconf $(getconf _NPROCESSORS_ONLN)
  echo processors cpuinfo $(grep -c ^processor /proc/cpuinfo)
  echo processors stat $(grep -c '^cpu[0-9]' /proc/stat)
  echo processors top $(echo "$top" | grep -o '%Cpu[0-9]' | wc -l)
  echo processors jvm $(echo "$jvm" | sed 's/processors=\\([0-9]*\\) .*/\\1/')`;

interface Seen {
  /** In MiB. */
  memory: Record<string, number>;
  processors: Record<string, number>;
}

async function look(): Promise<Seen> {
  const found: Seen = { memory: {}, processors: {} };
  for (const [, what, who = '', number] of (await web.says(script)).matchAll(/^(\w+) (\w+) ?(.*)$/gm))
    found[what as keyof Seen][who] = Number(number);
  return found;
}

const everywhere = (names: readonly string[], value: number) =>
  Object.fromEntries(names.map((name) => [name, value]));
const seen = (memory: number, processors: number): Seen => ({
  memory: everywhere(['free', 'meminfo', 'top', 'jvm'], memory),
  processors: everywhere(['nproc', 'getconf', 'cpuinfo', 'stat', 'top', 'jvm'], processors),
});

test('memory and processors are the limits, for whatever program looks', async () => {
  assert.deepEqual(await look(), seen(512, 1));
});

test('what runs already sees how much memory it has from now on', async () => {
  for (const memory of [384, 768]) {
    await web.set({ 'limits.memory': `${memory}MiB` });
    assert.deepEqual(await look(), seen(memory, 1));
  }
});

test('what runs already sees how many processors it has from now on', async (t) => {
  if (all < 2) t.skip('this host has one processor');
  await web.set({ 'limits.cpu': '2' });
  assert.deepEqual(await look(), seen(512, 2));
  await web.set({ 'limits.cpu': '1' });
  assert.deepEqual(await look(), seen(512, 1));
});

test('time on the processors counts as so many of them, except where programs ask who may run where', async (t) => {
  if (all < 2) t.skip('this host has one processor');
  t.onTestFinished(() => web.unset('limits.cpu.allowance'));
  await web.set({ 'limits.cpu': '2', 'limits.cpu.allowance': '50ms/100ms' });
  const { processors } = seen(512, 1);
  assert.deepEqual((await look()).processors, { ...processors, nproc: 2 });
  await web.set({ 'limits.cpu.allowance': '150ms/100ms' });
  assert.deepEqual((await look()).processors, seen(512, 2).processors);
});

test('a JVM that starts takes its heap from the limit, and names it', async () => {
  const settings = await web.run(`${java} -XshowSettings:system -version`);
  assert.match(settings.stderr + settings.stdout, /Effective CPU Count: 1\n[^]*Memory Limit: 512\.00M/);
  const heap = `echo | ${java} ${javaPrograms}/Facts.java | sed -n 's/.*heap=//p'`;
  const quarter = 128 * mebibyte;
  const bytes = Number(await web.says(heap));
  assert.ok(bytes <= quarter && bytes > quarter / 2, `${bytes} bytes`);
});

test('it is up for as long as it runs, by files and by the clocks of the kernel', async () => {
  const uptime = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const least = uptime() - Number(startTimeOf(init)) / ticksPerSecond;
  const file = 'cut -d" " -f1 /proc/uptime';
  const clocks = `perl -MTime::HiRes=clock_gettime,:DEFAULT -e 'printf "%f\n%f\n", clock_gettime(1), clock_gettime(7)'`;
  const said = await web.says(`${file}; ${clocks}; ps -o etimes= -p 1`);
  const most = uptime() - before;
  for (const seconds of said.trim().split('\n').map(Number))
    assert.ok(seconds > least - 2 && seconds < most + 2, `${seconds} s of ${least} to ${most}`);
  assert.match(await web.says('uptime'), / up +\d+ min/);
});

test('systemd is well, has few processes, and nothing was started again', async () => {
  assert.equal(await web.says('systemctl is-system-running'), 'running');
  assert.ok(Number(await web.says('ps -e -o comm= | grep -c -v -E "^(java|sh|ps|grep)$"')) <= 5);
  assert.equal(await web.initPid(), init);
  assert.equal(await web.says('pgrep -c java'), '1');
});
