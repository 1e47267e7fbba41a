import { expect, test } from 'vitest';
import { FakeDaemon } from '#client/fake-daemon.ts';
import { fakeInstance } from '#client/fake-documents.ts';
import { FakeSurroundings, runLine } from '../fake-surroundings.ts';
import { run } from '../run.ts';
import { root } from './root.ts';

const waits = { some_us: 1_500_000, full_us: 0 };
const counters = {
  counters: {
    memory: {
      unit: 'bytes',
      ability: 'limited',
      reason: '',
      held: 2 ** 20,
      peak: 2 ** 21,
      barrier: 2 ** 22,
      limit: 2 ** 22,
      refusals: 0,
    },
    tcp_sockets: {
      unit: 'items',
      ability: 'limited',
      reason: '',
      held: 2,
      peak: 3,
      barrier: 3,
      limit: 3,
      refusals: 4,
    },
    files: { unit: 'items', ability: 'counted', reason: '', held: 40, peak: 41 },
  },
  run: null,
  total: {
    cpu: { usage_ns: 2e9, throttled_periods: 5, throttled_us: 250_000 },
    pressure: { cpu: waits },
    io: { vda: { read_bytes: 1024, written_bytes: 2048, reads: 1, writes: 2 } },
    network: { eth0: { packets_dropped_inbound: 1, packets_dropped_outbound: 0 } },
  },
};

test('counters shows what is held, the limits and what they refused, and what is not known not at all', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/instances/web1/counters', { metadata: counters });
  const { out } = await runLine(daemon, ['counters', 'web1', '-f', 'csv']);
  expect(out).toBe(
    'memory,1MiB,2MiB,4MiB,4MiB,0,limited\ntcp_sockets,2,3,3,3,4,limited\nfiles,40,41,,,,counted\n',
  );
  const shown = (await runLine(daemon, ['counters', 'web1'])).out;
  expect(shown).toContain('Held back from the processors: 5 times, 0.25 s in all\n');
  expect(shown).toContain('vda: 1KiB read in 1, 2KiB written in 2 requests\n');
  expect(shown).toContain('Dropped packets: eth0 1 in, 0 out\n');
  const json = (await runLine(daemon, ['counters', 'web1', '-f', 'json'])).out;
  expect(JSON.parse(json)).toEqual(counters);
});

/** Each look finds a second of CPU time more on `busy`, and half a second on `calm`. */
function risingDaemon(daemon: FakeDaemon): FakeDaemon {
  let looks = 0;
  return daemon.on('GET /1.0/instances', () => {
    looks += 1;
    const one = (name: string, pid: number, cpu: number, memory: number) => {
      const instance = fakeInstance({ name });
      const state = { ...instance.state, pid, cpu: { usage: cpu * looks * 1e9 }, processes: 3 };
      return { ...instance, state: { ...state, memory: { ...state.memory, usage: memory } } };
    };
    return { metadata: [one('calm', 10, 0.5, 2 ** 30), one('busy', 11, 1, 2 ** 20), one('off', 0, 0, 0)] };
  });
}

test('top prints once where nobody watches, what runs alone, the busiest first or as asked', async () => {
  await using daemon = risingDaemon(await FakeDaemon.start());
  const names = async (...options: string[]) => {
    const { out } = await runLine(daemon, ['top', '-i', '0.2', '-f', 'csv', ...options]);
    return out
      .trim()
      .split('\n')
      .map((line) => line.split(',')[0]);
  };
  expect(await names()).toEqual(['busy', 'calm']);
  expect(await names('--sort', 'memory')).toEqual(['calm', 'busy']);
  expect(await names('--sort', 'name')).toEqual(['busy', 'calm']);
  expect(await runLine(daemon, ['top', '--sort', 'colour'])).toMatchObject({ status: 2 });
  expect(await runLine(daemon, ['top', '--interval', '0'])).toMatchObject({ status: 2 });
});

async function watched(columns: number, keys: string): Promise<{ status: number; screens: string[] }> {
  await using daemon = risingDaemon(await FakeDaemon.start());
  const surroundings = new FakeSurroundings(['top', '-i', '0.2'], {
    env: { WADAH_SOCKET: daemon.socket },
    isTerminal: true,
    columns,
    keepsTyping: true,
  });
  const ended = run(surroundings, root);
  for (const key of keys) {
    const before = surroundings.out.length;
    while (surroundings.out.length === before) await new Promise(setImmediate);
    surroundings.stdin.push(key);
  }
  const status = await ended;
  await new Promise(setImmediate);
  return { status, screens: surroundings.out.split('\u001b[H').slice(1) };
}

test('top at a terminal sorts by a key, ends at q, and puts the terminal back', async () => {
  const { status, screens } = await watched(80, 'mq');
  expect(status).toBe(0);
  expect(screens[0]).toContain('by cpu');
  expect(screens.some((screen) => screen.includes('by memory'))).toBe(true);
  expect(screens.at(-1)?.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
});

test('top keeps within 80 columns, and shows more where there are 200', async () => {
  for (const columns of [80, 200]) {
    const { screens } = await watched(columns, 'cq');
    const lines = (screens[0] ?? '').split('\u001b[K\r\n').slice(0, -1);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect((screens[0] ?? '').includes('IPV4')).toBe(columns === 200);
  }
});
