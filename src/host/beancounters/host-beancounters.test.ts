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
    message: 'This host cannot limit tcp_sockets',
    hint: `Why: ${refusal.message}. Unset limits.tcp_sockets.`,
  });
});

test('what is no refusal of the host is a bug, and is not kept quiet', async () => {
  const open = () => Promise.reject(new TypeError('a mistake'));
  await assert.rejects(new HostBeancounters('/nowhere', silentLogger, open).open(), TypeError);
});
