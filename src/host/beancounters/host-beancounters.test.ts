import assert from 'node:assert/strict';
import { test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { Fault } from '#model/fault.ts';
import { HostBeancounters } from './host-beancounters.ts';

const refusal = new Fault('host', 'bpf BPF_PROG_LOAD: operation not permitted (EPERM)');
const refusing = (): HostBeancounters =>
  new HostBeancounters('/nowhere', silentLogger, () => Promise.reject(refusal));

test('a host that takes no programs says so, with its own words, and counts the rest', async () => {
  const beancounters = refusing();
  await beancounters.open();
  const abilities = beancounters.abilities();
  assert.deepEqual(abilities.tcp_sockets, { ability: 'none', reason: refusal.message });
  assert.equal(abilities.files.ability, 'counted');
  assert.deepEqual(beancounters.readCounted('/sys/fs/cgroup/x'), {});
  beancounters.follow('/sys/fs/cgroup/x');
  beancounters.forget('/sys/fs/cgroup/x');
  beancounters.close();
});

test('there a limit is refused, and none is no limit', async () => {
  const beancounters = refusing();
  await beancounters.open();
  beancounters.setLimits('/sys/fs/cgroup/x', {});
  assert.throws(() => beancounters.setLimits('/sys/fs/cgroup/x', { tcp_sockets: 3 }), {
    code: 'unsupported',
    message: `This host cannot limit tcp_sockets: ${refusal.message}`,
    hint: 'Or unset limits.tcp_sockets.',
  });
});

test('where only programs in front of security functions are refused, what they would limit is counted', async () => {
  const securityRefusal = new Fault('unsupported', 'the security module bpf is off', {
    hint: 'Boot with it.',
  });
  const told: string[] = [];
  const logger = { ...silentLogger, info: (_: object, text: string) => told.push(text) };
  const limited: object[] = [];
  const programs = { securityRefusal, setLimits: (_: string, limits: object) => limited.push(limits) };
  const beancounters = new HostBeancounters('/nowhere', logger, async () => programs as never);
  await beancounters.open();
  const { tcp_sockets, files } = beancounters.abilities();
  assert.equal(tcp_sockets.ability, 'limited');
  assert.deepEqual(files, {
    ability: 'counted',
    reason: 'no controller limits them; /proc/PID/fd lists descriptors; the security module bpf is off',
  });
  assert.equal(told.length, 1);
  beancounters.setLimits('/sys/fs/cgroup/x', { tcp_sockets: 3 });
  assert.throws(() => beancounters.setLimits('/sys/fs/cgroup/x', { tcp_sockets: 4, files: 3 }), {
    code: 'unsupported',
    message: 'This host cannot limit files: the security module bpf is off',
    hint: 'Boot with it. Or unset limits.files.',
  });
  assert.deepEqual(limited, [{ tcp_sockets: 3 }]);
});

test('what is no refusal of the host is a bug, and is not kept quiet', async () => {
  const open = () => Promise.reject(new TypeError('a mistake'));
  await assert.rejects(new HostBeancounters('/nowhere', silentLogger, open).open(), TypeError);
});
