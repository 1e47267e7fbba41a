import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { describe, test } from 'vitest';
import { askEngine } from '#host/kvm/ask-engine.ts';
import { readKvmHost } from '#host/kvm/host-facts.ts';
import { probeQemuCpu } from '#host/kvm/qemu-probe.ts';
import { HostPrograms } from '#host/process/host-programs.ts';
import type { KvmInfo, KvmTraceEvent } from '#model/kvm.ts';

const root = path.join(import.meta.dirname, '../../..');
const commandLine = path.join(root, 'bin/wadah');
const host = readKvmHost();
const lack = host.device === 'usable' ? '' : ` (skipped: /dev/kvm is ${host.device})`;
const noQemu = existsSync('/usr/bin/qemu-system-x86_64') ? '' : ' (skipped: no qemu-system-x86_64)';

test('the engine’s program judges this host, whatever the host can do', async () => {
  const { verdict, host: seen } = await askEngine(new HostPrograms(), path.join(root, 'dist/kvm-engine.mjs'));
  assert.equal(seen.device, host.device);
  assert.equal(verdict.measurement !== undefined, host.device === 'usable');
  assert.notEqual(verdict.reason, '');
});

test('wadah kvm info needs no daemon', async () => {
  const env = { WADAH_DIR: '/nonexistent' };
  const { stdout } = await execa(commandLine, ['kvm', 'info', '--format', 'json'], { env });
  const info = JSON.parse(stdout) as KvmInfo;
  assert.ok(['kvm', 'kvm-user-mode-only', 'none'].includes(info.verdict.verdict));
});

test('a program that may not open the device says who may', async (t) => {
  if (host.device === 'missing') t.skip('this host has no /dev/kvm');
  const folder = await mkdtemp('/tmp/wadah-kvm-');
  try {
    // Root without its power over files, in a mount namespace in which /dev/kvm belongs to somebody else.
    const script = [
      `touch ${folder}/kvm && chown 65534 ${folder}/kvm && chmod 600 ${folder}/kvm`,
      `mount --bind ${folder}/kvm /dev/kvm`,
      'exec setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all "$@"',
    ].join(' && ');
    const argv = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', commandLine];
    const { stdout, stderr } = await execa('unshare', [...argv, 'kvm', 'info'], { reject: false });
    assert.match(stdout, /^Verdict: none/, stderr);
    assert.match(stdout, /join the group kvm/);
    const traced = await execa('unshare', [...argv, 'kvm', 'trace'], { reject: false });
    assert.equal(traced.exitCode, 7);
    assert.match(traced.stderr, /you may not open it/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe.skipIf(lack !== '')(`with the host's real KVM${lack}`, () => {
  test('wadah kvm trace tells all modes and every exit until power-off', async () => {
    const { stdout } = await execa(commandLine, ['kvm', 'trace', '--every-exit', '--format', 'json']);
    const { events, summary } = JSON.parse(stdout) as {
      events: KvmTraceEvent[];
      summary: { rows: { exits: number }[] };
    };
    const places = events.flatMap((event) => (event.kind === 'place' ? [event.place] : []));
    assert.deepEqual(
      places.map(({ mode, ring }) => `${mode} ${ring}`),
      ['real 0', 'protected 0', 'long 0', 'long 3'],
    );
    const exits = events.flatMap((event) => (event.kind === 'exits' ? [event] : []));
    const counted = summary.rows.reduce((sum, row) => sum + row.exits, 0);
    assert.equal(exits.length, counted);
    assert.match(exits.at(-1)?.answer ?? '', /machine is off/);
  });

  test.skipIf(noQemu !== '')(`QEMU runs a guest with the CPU model that was found${noQemu}`, async () => {
    const { model, trials } = await probeQemuCpu(new HostPrograms(), tmpdir());
    assert.notEqual(model, undefined, JSON.stringify(trials));
    assert.deepEqual(
      trials.filter(({ works }) => works).map((trial) => trial.model),
      [model],
    );
  });
});
