import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KvmAnswer, KvmInfo, KvmTraceEvent, KvmTraceSummary } from '#model/kvm.ts';
import { runLine } from '../fake-surroundings.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wadah-kvm-'));
});
afterEach(() => rm(folder, { recursive: true }));

const nobody = { socket: '/nonexistent' };

/** A program in the engine's place. */
async function engine(script: string): Promise<string> {
  const file = join(folder, 'engine.mjs');
  await writeFile(file, script);
  return file;
}

const answering = (...answers: KvmAnswer[]): Promise<string> =>
  engine(
    `process.stdout.write(${JSON.stringify(answers.map((each) => `${JSON.stringify(each)}\n`).join(''))});`,
  );

const info: KvmInfo = {
  verdict: {
    verdict: 'kvm-user-mode-only',
    reason: 'Kernels are emulated.',
    remedy: 'Another host.',
    measurement: {
      kernelMode: { instructionsPerSecond: 0.9e6, ms: 9, emulatedShare: 1 },
      userMode: { instructionsPerSecond: 2400e6, ms: 9, emulatedShare: 0 },
      exits: 75,
      bootMs: 8.123,
    },
    ms: 81,
  },
  host: {
    architecture: 'x64',
    kernelRelease: '6.18',
    processor: { model: 'Test CPU', microcode: '1', hasVmx: false, hasSvm: false, isVirtual: true },
    modules: ['kvm', 'kvm_pvm'],
    device: 'usable',
  },
  apiVersion: 12,
  capabilities: [
    { name: 'readonly-mem', value: 1, help: 'memory that guests cannot write' },
    { name: 'nested-state', value: 0, help: 'guests that are hypervisors' },
  ],
};

test('info says the verdict, why, what helps and both speeds beside each other', async () => {
  const { status, out } = await runLine(nobody, ['kvm', 'info'], {
    kvmEngine: await answering({ type: 'info', info }),
  });
  expect(status).toBe(0);
  expect(out).toMatch(
    /^Verdict: kvm-user-mode-only: .*\nWhy: Kernels are emulated\.\nWhat helps: Another host\.\n/,
  );
  expect(out).toContain('Ring 0, where kernels run: 0.9 million instructions/s, 100 % of them by software\n');
  expect(out).toContain(
    'Ring 3, where programs run: 2,400 million instructions/s, 0 % of them by software\n',
  );
  expect(out).toContain('nested-state: no (guests that are hypervisors)\n');
});

test('info for programs is everything that the engine found out', async () => {
  const kvmEngine = await answering({ type: 'info', info });
  const { out } = await runLine(nobody, ['kvm', 'info', '--format', 'json'], { kvmEngine });
  expect(JSON.parse(out)).toEqual(info);
});

const place = { mode: 'long', ring: 3 } as const;
const events: KvmTraceEvent[] = [
  { kind: 'place', atMs: 1, place, about: 'Programs live here.' },
  {
    kind: 'exits',
    atMs: 2,
    place,
    rip: '0x1000',
    count: 12,
    reason: 'io',
    did: 'OUT to port 0x3f8',
    answer: 'our serial port sends "hello\\n"',
    guestMs: 0.5,
    engineMs: 0.25,
  },
  { kind: 'act', atMs: 3, about: 'We type p.' },
];
const summary: KvmTraceSummary = {
  rows: [{ place, exits: 12, reasons: { io: 12 }, guestMs: 0.5, engineMs: 0.25 }],
  kernelCounters: { exits: 20, insn_emulation: 3 },
  ms: 4,
};
const traced: KvmAnswer[] = [
  ...events.map((event) => ({ type: 'event', event }) as const),
  { type: 'summary', summary },
];

test('trace tells what happens in its order, then where the time went', async () => {
  const { out } = await runLine(nobody, ['kvm', 'trace'], { kvmEngine: await answering(...traced) });
  expect(out).toContain('1.0 ms  Long mode, ring 3. Programs live here.\n');
  expect(out).toContain(
    '12 × OUT to port 0x3f8 -> our serial port sends "hello\\n"  [io; in the guest 0.50 ms, here 0.25 ms]\n',
  );
  expect(out).toContain('│ long mode, ring 3 │ 12    │ 12 io   │ 0.50 ms      │ 0.25 ms │\n');
  expect(out).toContain('The kernel counted 20 in all');
});

test('trace for programs is one document', async () => {
  const kvmEngine = await answering(...traced);
  const { out } = await runLine(nobody, ['kvm', 'trace', '--format', 'json'], { kvmEngine });
  expect(JSON.parse(out)).toEqual({ events, summary });
});

test('what the engine was asked is what the command line says', async () => {
  const kvmEngine = await engine(
    `const about = process.argv[2]; console.log(JSON.stringify({ type: 'event', event: { kind: 'act', atMs: 0, about } }));`,
  );
  const { out } = await runLine(nobody, ['kvm', 'trace', '--every-exit'], { kvmEngine });
  expect(out).toContain('{"do":"trace","everyExit":true}');
});

test('a host without KVM is an error with what helps, and the status for it', async () => {
  const kvmEngine = await answering({ type: 'fault', code: 'forbidden', message: 'Not you.', hint: 'Join.' });
  expect(await runLine(nobody, ['kvm', 'trace'], { kvmEngine })).toEqual({
    status: 7,
    out: '',
    err: 'Error: Not you.\nHint: Join.\n',
  });
});

test('an engine that dies is an error that says how', async () => {
  const killed = await engine(`process.kill(process.pid, 'SIGSEGV');`);
  const dead = await runLine(nobody, ['kvm', 'info'], { kvmEngine: killed });
  expect([dead.status, dead.err]).toEqual([
    1,
    'Error: The KVM engine was ended by SIGSEGV\nHint: Add --debug to see what it said.\n',
  ]);
  const missing = await runLine(nobody, ['kvm', 'info']);
  expect(missing.err).toContain('The KVM engine failed with status 1');
});
