import assert from 'node:assert/strict';
import { sleep } from '#base/wait.ts';
import { eventually } from '../../harness/host.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/** Scenarios of the operations on instances; those that make and delete them begin and end without one. */
export const instanceScenarios: Scenario<Stage>[] = [
  {
    kind: 'instance.create',
    prepare: (stage) => stage.bring('absent'),
    act: (stage) => stage.create({ start: true }),
    isDone: async (stage) => either(await stage.condition(), { done: 'running', not: 'absent' }),
  },
  {
    kind: 'instance.rename',
    async prepare(stage) {
      if ((await stage.condition(stage.otherName)) !== 'absent')
        await stage.rename(stage.otherName, stage.name);
      await stage.bring('running');
    },
    act: (stage) => stage.rename(stage.name, stage.otherName),
    async isDone(stage) {
      const [before, after] = [await stage.condition(), await stage.condition(stage.otherName)];
      return either(`${before} ${after}`, { done: 'absent running', not: 'running absent' });
    },
  },
  {
    kind: 'instance.update',
    variant: 'that gives a running instance a NIC and proxies',
    async prepare(stage) {
      if ((await stage.condition(stage.otherName)) !== 'absent')
        await stage.rename(stage.otherName, stage.name);
      await stage.bring('running');
      await update(stage, { note: '', hasNic: false });
    },
    act: (stage) => update(stage, { note: 'changed', hasNic: true }),
    isDone: isUpdated,
  },
  {
    kind: 'instance.update',
    variant: 'that takes a NIC and proxies from a stopped instance',
    async prepare(stage) {
      await stage.bring('stopped');
      await update(stage, { note: 'changed', hasNic: true });
    },
    act: (stage) => update(stage, { note: '', hasNic: false }),
    isDone: async (stage) => !(await isUpdated(stage)),
  },
  {
    kind: 'instance.update',
    variant: 'that a changed profile brings to a running instance',
    async prepare(stage) {
      await stage.bring('running');
      await setInProfile(stage, undefined);
    },
    act: (stage) => setInProfile(stage, '321'),
    async isDone(stage) {
      const { pending } = (await stage.read()).wadah;
      assert.deepEqual(pending, [], 'what the profile says is in effect');
      return either((await readProfile(stage)).config[liveKey(stage)] ?? '', { done: '321', not: '' });
    },
  },
  {
    kind: 'instance.start',
    prepare: (stage) => stage.bring('stopped'),
    act: (stage) => stage.change('start'),
    isDone: async (stage) => either(await stage.condition(), { done: 'running', not: 'stopped' }),
  },
  {
    kind: 'instance.pause',
    prepare: (stage) => stage.bring('running'),
    act: (stage) => stage.change('freeze'),
    isDone: async (stage) => either(await stage.condition(), { done: 'paused', not: 'running' }),
  },
  {
    kind: 'instance.resume',
    prepare: (stage) => stage.bring('paused'),
    act: (stage) => stage.change('unfreeze'),
    isDone: async (stage) => either(await stage.condition(), { done: 'running', not: 'paused' }),
  },
  {
    kind: 'instance.restart',
    prepare: (stage) => stage.bring('running'),
    act: (stage) => stage.change('restart'),
    async isDone(stage) {
      assert.equal(await stage.condition(), 'running');
      return (await stage.pid()) !== stage.pidBefore;
    },
  },
  {
    kind: 'instance.settle',
    variant: 'that starts it again',
    async prepare(stage) {
      await stage.bring('running');
      await setConfig(stage, { 'boot.autorestart': 'true' });
    },
    async act(stage) {
      process.kill(stage.pidBefore, 'SIGKILL');
      while (!(await isRunningAnew(stage))) await sleep(20); // throws when the daemon is gone
    },
    isDone: async (stage) => {
      await eventually(async () => assert.ok(await isRunningAnew(stage)));
      return true;
    },
  },
  {
    kind: 'instance.stop',
    async prepare(stage) {
      await stage.bring('running');
      await setConfig(stage, {});
    },
    act: (stage) => stage.change('stop'),
    isDone: async (stage) => either(await stage.condition(), { done: 'stopped', not: 'running' }),
  },
  {
    kind: 'instance.delete',
    prepare: (stage) => stage.bring('stopped'),
    act: (stage) => stage.delete(),
    isDone: async (stage) => either(await stage.condition(), { done: 'absent', not: 'stopped' }),
  },
];

const noteKey = 'user.note';
const liveKey = ({ type }: Stage) => (type === 'container' ? 'limits.processes' : 'boot.autostart.priority');

async function update(stage: Stage, { note, hasNic }: { note: string; hasNic: boolean }): Promise<void> {
  const now = await stage.read();
  if ((now.config[noteKey] ?? '') === note && 'eth1' in now.devices === hasNic) return;
  const config: Record<string, string> = note === '' ? {} : { [noteKey]: note, [liveKey(stage)]: '321' };
  const devices: typeof now.devices = hasNic ? { eth1: { type: 'nic', name: 'eth1' }, ...stage.proxies } : {};
  const request = { params: { name: stage.name }, body: { config, devices, profiles: now.profiles } };
  await stage.finish(stage.host.client.begin('PUT', '/1.0/instances/{name}', request));
}

/** The document, wholly before or wholly after. What its NICs hold is compared with it by the audit. */
async function isUpdated(stage: Stage): Promise<boolean> {
  const { config, devices } = await stage.read();
  const seen = [noteKey in config, liveKey(stage) in config, 'eth1' in devices].join();
  return either(seen, { done: 'true,true,true', not: 'false,false,false' });
}

async function setConfig(stage: Stage, config: Record<string, string>): Promise<void> {
  const now = await stage.read();
  const key = 'boot.autorestart';
  if (now.config[key] === config[key]) return;
  const request = { params: { name: stage.name }, body: { config, devices: {}, profiles: now.profiles } };
  await stage.finish(stage.host.client.begin('PUT', '/1.0/instances/{name}', request));
}

const inProfile = { params: { name: 'default' } };

const readProfile = ({ host }: Stage) => host.client.read('/1.0/profiles/{name}', inProfile);

async function setInProfile(stage: Stage, value: string | undefined): Promise<void> {
  const { config: now, devices } = await readProfile(stage);
  const key = liveKey(stage);
  if (now[key] === value) return;
  const { [key]: _, ...others } = now;
  const config = value === undefined ? others : { ...others, [key]: value };
  await stage.host.client.send('PUT', '/1.0/profiles/{name}', { ...inProfile, body: { config, devices } });
}

async function isRunningAnew(stage: Stage): Promise<boolean> {
  if ((await stage.status()) !== 'Running') return false;
  return ![0, stage.pidBefore].includes(await stage.pid());
}

function either(seen: string, { done, not }: { done: string; not: string }): boolean {
  assert.ok([done, not].includes(seen), `"${seen}" is neither "${done}" nor "${not}"`);
  return seen === done;
}
