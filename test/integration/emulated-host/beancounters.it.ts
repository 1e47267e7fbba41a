import assert from 'node:assert/strict';
import { afterAll, beforeAll, test, vi } from 'vitest';
import { type LimitedBeancounter, limitedBeancounters } from '#host/beancounters/beancounters.ts';
import type { Counter, CounterAbility } from '#model/counter.ts';
import { EmulatedHost } from '../../harness/emulated-host/emulated-host.ts';
import { eventually } from '../../harness/host.ts';

/** A step takes half a minute where it takes one second on a host of its own, and more when that is busy. */
const patienceMs = 900_000;
vi.setConfig({ testTimeout: patienceMs, hookTimeout: patienceMs });

/** A shell inside that does what it is told, one line after the other, and needs no other file for its answer. */
const hand = `
  mkfifo /root/orders /root/answers
  exec 3<>/root/orders 4<>/root/answers
  while read -r order <&3; do eval "$order"; echo $? >&4; done`;

let host: EmulatedHost;
/** What it holds when nothing runs but its init. */
let idle: Counted;
beforeAll(async () => {
  host = await EmulatedHost.boot(['busybox']);
  await host.startDaemon();
  await host.must('wadah launch busybox c1');
  idle = await counters();
  await host.must(`
    wadah exec c1 -- sh -c 'echo text >/root/file; cat >/root/hand; sh /root/hand </dev/null >/dev/null 2>&1 &' <<'EOF'
${hand}
EOF`);
});
afterAll(() => host?.remove());

/** Has the shell inside run these lines; their statuses. */
async function tell(lines: readonly string[]): Promise<number[]> {
  const orders = lines.map((line) => `echo '${line}' >orders; read -r status <answers; echo $status`);
  const said = await host.must(`
    cd /proc/$(cat /sys/fs/cgroup/wadah_*/*/payload/cgroup.procs)/root/root
    until [ -p answers ]; do sleep 0.1; done
    ${orders.join('\n')}`);
  return said.split('\n').map(Number);
}

type Counted = Record<LimitedBeancounter, Counter & CounterAbility>;

async function counters(): Promise<Counted> {
  const said = await host.must('wadah counters c1 --format json');
  return (JSON.parse(said) as { counters: Counted }).counters;
}

async function limit(limits: Partial<Record<LimitedBeancounter, number>>): Promise<void> {
  const pairs = Object.entries(limits).map(([name, most]) => `limits.${name}=${most}`);
  await host.must(`wadah config set c1 ${pairs.join(' ')}`);
}

/** How to hold one more of each, and how to ask for another. */
const provoked: Record<LimitedBeancounter, { hold: string; ask: string }> = {
  tcp_sockets: {
    hold: 'nc -l -p 7001 & until grep -q :1B59 /proc/net/tcp6 /proc/net/tcp; do sleep 0.1; done',
    ask: 'nc 127.0.0.1 9',
  },
  other_sockets: {
    hold: 'ping 127.0.0.1 >/tmp/ping & until [ -s /tmp/ping ]; do sleep 0.1; done',
    ask: 'ping -c 1 127.0.0.1',
  },
  unix_sockets: {
    hold: 'syslogd -n -O /tmp/log & until [ -S /dev/log ]; do sleep 0.1; done',
    ask: 'syslogd -n -O /tmp/log',
  },
  terminals: { hold: 'exec 5<>/dev/ptmx', ask: 'true 6<>/dev/ptmx' },
  files: { hold: 'exec 7</root/file', ask: 'true 8</root/file' },
};
/** A program that shall begin needs files, so these have a limit of their own time. */
const withoutFiles = limitedBeancounters.filter((name) => name !== 'files');
const asked = withoutFiles.map((name) => provoked[name].ask);

test('where the kernel takes programs in front of its security functions, all these are limited', () => {
  for (const name of limitedBeancounters) assert.equal(idle[name].ability, 'limited', name);
});

test('what is held is counted to the very object, whoever holds it', async () => {
  await tell(limitedBeancounters.map((name) => provoked[name].hold));
  const held = await counters();
  for (const name of withoutFiles) assert.equal(held[name].held, 1, name);
  await tell(['exec 9</root/file']);
  assert.equal(
    (await counters()).files.held,
    Number(held.files.held) + 1,
    'that below the overlay is no second one',
  );
  await tell(['exec 9<&-']);
});

test('each refusal counts once, also while the daemon is dead, and the next one goes on', async () => {
  await limit({ tcp_sockets: 1, other_sockets: 1, unix_sockets: 1, terminals: 1 });
  await host.killDaemon();
  assert.deepEqual(
    await tell([...asked, ...asked]),
    Array.from({ length: 8 }, () => 1),
  );
  await host.startDaemon();
  const after = await counters();
  for (const name of withoutFiles) {
    const { held, refusals, limit: most } = after[name];
    assert.deepEqual({ held, refusals, most }, { held: 1, refusals: 2, most: 1 }, name);
  }
});

test('a limit of files holds to the very file, and is changed and lifted live', async () => {
  const { held = 0 } = (await counters()).files;
  const { ask } = provoked.files;
  await limit({ files: held });
  assert.deepEqual(await tell([ask, ask, ask]), [1, 1, 1]);
  await limit({ files: held + 1 });
  assert.deepEqual(await tell([ask, 'exec 9</root/file', ask]), [0, 0, 1]);
  const { files } = await counters();
  assert.deepEqual([files.held, files.limit, files.refusals], [held + 1, held + 1, 4]);
  await host.must(`wadah config unset c1 ${limitedBeancounters.map((name) => `limits.${name}`).join(' ')}`);
  assert.deepEqual(await tell([ask, provoked.terminals.ask]), [0, 0]);
});

test('what is killed holds nothing', async () => {
  await host.must(`
    cd /sys/fs/cgroup/wadah_*/*/payload
    cat exec.*/cgroup.procs | xargs kill -9
    until [ -z "$(cat exec.*/cgroup.procs)" ]; do sleep 0.1; done`);
  await eventually(async () => {
    const left = await counters();
    for (const name of withoutFiles) assert.equal(left[name].held, 0, name);
    assert.ok(
      Number(left.files.held) <= Number(idle.files.held),
      'its init may have been quicker than we then',
    );
  }, patienceMs);
  await host.must('wadah delete --force c1');
});
