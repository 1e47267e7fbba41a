import { expect, test } from 'vitest';
import { FakeDaemon, fakeOperation } from '#client/fake-daemon.ts';
import { fakeInstance, fakeProfile, fakeRunning } from '#client/fake-documents.ts';
import { runLine } from '../fake-surroundings.ts';

const done = { operation: fakeOperation() };
const created = { operation: fakeOperation({ resources: { instances: ['/1.0/instances/web1'] } }) };
const missing = (name: string) => ({
  error: `There is no instance "${name}"`,
  status: 404,
  wadah: { code: 'not-found' as const, hint: 'wadah list shows all.' },
});
const wrongState = (error: string) => ({ error, status: 400, wadah: { code: 'wrong-state' as const } });

const sentBody = (daemon: FakeDaemon, change: string): unknown => {
  const request = daemon.requests.find(({ method, target }) => `${method} ${target}` === change);
  return JSON.parse(request?.body ?? 'null');
};

test('launch creates and starts in one request', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/instances', created);
  const line = [
    'launch',
    'debian/12',
    'web1',
    '-c',
    'limits.memory=1GiB',
    '-c',
    'user.a=b=c',
    '-e',
    '-p',
    'small',
  ];
  expect(await runLine(daemon, line)).toEqual({ status: 0, out: 'Launched web1\n', err: '' });
  expect(daemon.requests).toHaveLength(1);
  expect(sentBody(daemon, 'POST /1.0/instances')).toEqual({
    name: 'web1',
    type: 'container',
    source: { type: 'image', alias: 'debian/12' },
    config: { 'limits.memory': '1GiB', 'user.a': 'b=c' },
    devices: {},
    profiles: ['small'],
    description: '',
    ephemeral: true,
    start: true,
  });
});

test('a made-up name is all that a quiet launch prints', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/instances', created);
  expect((await runLine(daemon, ['launch', 'busybox', '--quiet'])).out).toBe('web1\n');
  expect(sentBody(daemon, 'POST /1.0/instances')).not.toHaveProperty('name');
});

test('create leaves it stopped, and may make a machine without profiles', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/instances', created);
  expect((await runLine(daemon, ['create', 'debian/12', '--vm', '--no-profiles'])).out).toBe(
    'Created web1\n',
  );
  expect(sentBody(daemon, 'POST /1.0/instances')).toMatchObject({
    type: 'virtual-machine',
    profiles: [],
    start: false,
  });
});

test('what looks like a fingerprint is one, unless an image has that name', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/instances', created);
  await runLine(daemon, ['launch', 'abcdef0123']);
  expect(sentBody(daemon, 'POST /1.0/instances')).toMatchObject({ source: { fingerprint: 'abcdef0123' } });
  daemon.requests.length = 0;
  daemon.on('GET /1.0/images/aliases/abcdef0123', { metadata: { name: 'abcdef0123' } });
  await runLine(daemon, ['launch', 'abcdef0123']);
  expect(sentBody(daemon, 'POST /1.0/instances')).toMatchObject({ source: { alias: 'abcdef0123' } });
});

test("an option for a profile's device keeps the device's other options", async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/instances', created).on('GET /1.0/profiles/default', { metadata: fakeProfile() });
  await runLine(daemon, ['launch', 'busybox', '-d', 'eth0,ipv4.address=10.77.0.9']);
  expect(sentBody(daemon, 'POST /1.0/instances')).toMatchObject({
    devices: { eth0: { type: 'nic', network: 'wadahbr0', 'ipv4.address': '10.77.0.9' } },
  });
  const { status, err } = await runLine(daemon, ['launch', 'busybox', '-d', 'disk0,path=/srv']);
  expect(status).toBe(2);
  expect(err).toContain('No profile has a device "disk0"');
});

test('launch --wait returns when the guest says that it is ready, however quick it is', async () => {
  await using daemon = await FakeDaemon.start();
  const ready = { type: 'lifecycle', metadata: { action: 'instance-ready', source: '/1.0/instances/web1' } };
  const other = { type: 'lifecycle', metadata: { action: 'instance-ready', source: '/1.0/instances/web2' } };
  let tell = () => {};
  daemon.onSocket('/1.0/events?type=lifecycle', (socket) => {
    tell = () => {
      socket.send(JSON.stringify(other));
      socket.send(JSON.stringify(ready));
    };
  });
  daemon.on('POST /1.0/instances', () => {
    tell();
    return created;
  });
  expect(await runLine(daemon, ['launch', 'debian/12', '--wait'])).toMatchObject({
    status: 0,
    out: 'Launched web1\n',
  });
});

test('launch --wait does not wait for one that ended', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.onSocket('/1.0/events?type=lifecycle', (socket) => {
    const metadata = { action: 'instance-stopped', source: '/1.0/instances/web1' };
    socket.send(JSON.stringify({ type: 'lifecycle', metadata }));
  });
  daemon.on('POST /1.0/instances', created);
  const { status, err } = await runLine(daemon, ['launch', 'debian/12', '--wait']);
  expect(status).toBe(4);
  expect(err).toContain(
    'web1 ended before it was ready\nHint: See what it wrote: wadah console web1 --show-log',
  );
});

test('several instances are stopped, and each failure is told', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('PUT /1.0/instances/a/state', done).on('PUT /1.0/instances/c/state', done);
  daemon.on('PUT /1.0/instances/b/state', missing('b'));
  const { status, out, err } = await runLine(daemon, ['stop', 'a', 'b', 'c', '--timeout', '5']);
  expect({ status, out, err }).toEqual({
    status: 3,
    out: 'Stopped a\nStopped c\n',
    err: 'Error: There is no instance "b"\nHint: wadah list shows all.\n',
  });
  expect(sentBody(daemon, 'PUT /1.0/instances/a/state')).toEqual({
    action: 'stop',
    force: false,
    timeout: 5,
  });
});

test('each verb is what the API calls it', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('PUT /1.0/instances/a/state', done);
  for (const [verb, action] of [
    ['start', 'start'],
    ['restart', 'restart'],
    ['pause', 'freeze'],
    ['resume', 'unfreeze'],
  ] as const) {
    daemon.requests.length = 0;
    expect((await runLine(daemon, [verb, 'a'])).status).toBe(0);
    expect(sentBody(daemon, 'PUT /1.0/instances/a/state')).toMatchObject({ action });
  }
});

test('--all means those on which it may begin', async () => {
  await using daemon = await FakeDaemon.start();
  const all = [fakeRunning({ name: 'a' }), fakeInstance({ name: 'b' }), fakeRunning({ name: 'c' })];
  daemon.on('GET /1.0/instances', { metadata: all });
  daemon.on('PUT /1.0/instances/a/state', done).on('PUT /1.0/instances/c/state', done);
  expect((await runLine(daemon, ['stop', '--all', '--force'])).out).toBe('Stopped a\nStopped c\n');
});

test('an action without names says what it wants', async () => {
  await using daemon = await FakeDaemon.start();
  expect(await runLine(daemon, ['stop'])).toMatchObject({
    status: 2,
    err: 'Error: No instance to stop was named\nHint: Name one or more, or say --all.\n',
  });
  expect((await runLine(daemon, ['stop', 'a', '--all'])).status).toBe(2);
});

test('delete tells how to delete what runs, and --force kills it first', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('DELETE /1.0/instances/a', wrongState('Cannot delete "a": it is running'));
  expect((await runLine(daemon, ['delete', 'a'])).err).toBe(
    'Error: Cannot delete "a": it is running\nHint: Stop it first, or kill and delete it: wadah delete --force a\n',
  );
  daemon.on('DELETE /1.0/instances/a', done).on('PUT /1.0/instances/a/state', done);
  daemon.requests.length = 0;
  expect((await runLine(daemon, ['rm', '-f', 'a'])).out).toBe('Deleted a\n');
  expect(daemon.changes).toEqual(['PUT /1.0/instances/a/state', 'DELETE /1.0/instances/a']);
});

test('delete --force takes stopped and ephemeral instances as they come', async () => {
  await using daemon = await FakeDaemon.start();
  daemon
    .on('PUT /1.0/instances/still/state', wrongState('it is stopped'))
    .on('DELETE /1.0/instances/still', done);
  daemon.on('PUT /1.0/instances/brief/state', done);
  expect((await runLine(daemon, ['delete', '--force', 'still', 'brief'])).out.split('\n').sort()).toEqual([
    '',
    'Deleted brief',
    'Deleted still',
  ]);
});

test('list shows what runs and what it uses', async () => {
  await using daemon = await FakeDaemon.start();
  const config = { 'image.os': 'Debian', 'image.release': '12' };
  daemon.on('GET /1.0/instances', {
    metadata: [fakeRunning({ name: 'web1', config }), fakeInstance({ name: 'db' })],
  });
  const { out } = await runLine(daemon, ['list', '--format', 'compact']);
  expect(out).toBe(
    `NAME  STATE    TYPE       IPV4              MEMORY  PROCESSES  IMAGE
db    STOPPED  container
web1  RUNNING  container  10.77.0.2 (eth0)  12MiB   5          debian/12
`,
  );
  expect(daemon.requests[0]?.target).toBe('/1.0/instances?recursion=2');
});

test('list and info call an image as it was called when the instance was made', async () => {
  await using daemon = await FakeDaemon.start();
  const image = { 'image.os': 'Debian', 'image.release': 'bookworm', 'image.version': '12' };
  const named = { ...image, 'volatile.base_image.alias': 'mine' };
  daemon.on('GET /1.0/instances', {
    metadata: [fakeInstance({ name: 'a', config: named }), fakeInstance({ name: 'b', config: image })],
  });
  expect((await runLine(daemon, ['list', '-c', 'n,image', '-f', 'csv'])).out).toBe('a,mine\nb,debian/12\n');
  expect((await runLine(daemon, ['list', 'image=mine', '-c', 'n', '-f', 'csv'])).out).toBe('a\n');
});

test('list asks for no state when no column shows any', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('GET /1.0/instances', { metadata: [fakeInstance({ config: { 'user.role': 'web' } })] });
  const { out } = await runLine(daemon, ['ls', '-c', 'n,type,user.role', '-f', 'csv']);
  expect(out).toBe('web1,container,web\n');
  expect(daemon.requests[0]?.target).toBe('/1.0/instances?recursion=1');
});

test('list filters by the beginning of a name, by facts and by config keys', async () => {
  await using daemon = await FakeDaemon.start();
  const all = [
    fakeRunning({ name: 'web1', config: { 'user.role': 'web' } }),
    fakeRunning({ name: 'web2', config: { 'user.role': 'test' } }),
    fakeInstance({ name: 'db1', type: 'virtual-machine' }),
  ];
  daemon.on('GET /1.0/instances', { metadata: all });
  const names = async (...filters: string[]) =>
    (await runLine(daemon, ['list', '-c', 'n', '-f', 'csv', ...filters])).out.trim().split('\n');
  expect(await names('web')).toEqual(['web1', 'web2']);
  expect(await names('web2,db')).toEqual(['db1', 'web2']);
  expect(await names('state=running', 'user.role=web,other')).toEqual(['web1']);
  expect(await names('type=vm')).toEqual(['db1']);
  expect(await names('status=STOPPED')).toEqual(['db1']);
  expect(await names('profile=none')).toEqual(['']);
  expect((await runLine(daemon, ['list', 'profile=none', '-f', 'csv'])).out).toBe('');
  expect((await runLine(daemon, ['list', 'colour=red'])).err).toContain('cannot be filtered by "colour"');
  expect((await runLine(daemon, ['list', '-c', 'zz'])).err).toContain('There is no column "zz"');
});

test('info tells people what they want to know, and programs everything', async () => {
  await using daemon = await FakeDaemon.start();
  const instance = fakeRunning({ name: 'web1', config: { 'limits.memory': '1GiB' } });
  daemon.on('GET /1.0/instances/web1', { metadata: instance });
  const { out } = await runLine(daemon, ['info', 'web1']);
  expect(out).toContain('State: running\n');
  expect(out).toContain('  Memory: 12MiB of 1GiB, at most 20MiB so far\n  CPU time: 1.25 s\n');
  expect(out).toContain('  eth0:\n    Addresses: 10.77.0.2/20, fe80::1/64\n');
  expect(out).toContain('Limits:\n  limits.memory: 1GiB\n');
  expect(JSON.parse((await runLine(daemon, ['info', 'web1', '--format', 'json'])).out)).toEqual(instance);
});

test('info says what runs the code of a virtual machine and, where that is not the processor, why', async () => {
  await using daemon = await FakeDaemon.start();
  const kvm = { verdict: 'none', reason: 'There is no /dev/kvm.', remedy: '', qemu_cpu: '' };
  daemon.on('GET /1.0', { metadata: { wadah: { kvm } } });
  const infoOf = async (acceleration: 'kvm' | 'tcg', config: Record<string, string> = {}) => {
    const instance = fakeRunning({ name: 'v1', type: 'virtual-machine', config });
    instance.state.wadah.acceleration = acceleration;
    daemon.on('GET /1.0/instances/v1', { metadata: instance });
    return (await runLine(daemon, ['info', 'v1'])).out;
  };
  expect(await infoOf('kvm')).toContain('Acceleration: kvm: it runs on the processor\n');
  expect(await infoOf('tcg')).toContain('tcg: it runs in software. There is no /dev/kvm.\n');
  expect(await infoOf('tcg', { 'vm.accel': 'tcg' })).toContain(
    'tcg: it runs in software. vm.accel says so.\n',
  );
});

test('info says why an instance failed', async () => {
  await using daemon = await FakeDaemon.start();
  const instance = fakeRunning({ name: 'v1' });
  instance.state.wadah.failure = 'The guest’s kernel panicked';
  daemon.on('GET /1.0/instances/v1', { metadata: instance });
  expect((await runLine(daemon, ['info', 'v1'])).out).toContain('Failure: The guest’s kernel panicked\n');
});

test('rename says both names', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/instances/web1', done);
  expect((await runLine(daemon, ['rename', 'web1', 'shop'])).out).toBe('Renamed web1 to shop\n');
});
