import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { eventually } from '../../harness/host.ts';
import { sysctlsInside } from './netns.ts';
import { TestNetworks } from './test-networks.ts';

let host: TestNetworks;

beforeEach(async () => {
  host = await TestNetworks.open();
});
afterEach(() => host.remove());

test('a daemon that comes back takes over bridge, addresses, guests and dnsmasq as they are', async () => {
  const web = await host.launch('00000001', 'web');
  const before = { bridge: host.networks.bridge(), plan: web.plan, dnsmasq: host.dnsmasq() };
  await host.reopen();
  const after = {
    bridge: host.networks.bridge(),
    plan: host.networks.find('00000001', 'eth0'),
    dnsmasq: host.dnsmasq(),
  };
  assert.deepEqual(after, before);
  assert.ok(await web.guest.reaches(web.plan.ipv4?.gateway ?? ''), 'its guest is still let through');
});

test('a dnsmasq that dies is started again, whether this daemon started it or one before', async () => {
  for (const comesBack of [false, true]) {
    if (comesBack) await host.reopen();
    const before = host.dnsmasq();
    process.kill(Number(before), 'SIGKILL');
    await eventually(async () => assert.match(host.dnsmasq().replace(before, ''), /^\d+$/));
  }
});

test('what was taken off the host while the daemon was away is made again', async () => {
  const web = await host.launch('00000001', 'web');
  await host.networks.close();
  process.kill(Number(host.dnsmasq()), 'SIGKILL');
  await eventually(async () => assert.equal(host.dnsmasq(), ''));
  await host.programs.run(['nft', 'flush', 'ruleset']);
  await host.programs.run(['ip', 'address', 'flush', 'dev', web.plan.bridge]);
  await host.reopen();
  assert.match(host.dnsmasq(), /^\d+$/);
  assert.ok(await web.guest.reaches(web.plan.ipv4?.gateway ?? ''));
});

test('after somebody flushed all rules, the next guest to come brings them back for all', async () => {
  const web = await host.launch('00000001', 'web');
  await host.programs.run(['nft', 'flush', 'ruleset']);
  const db = await host.launch('00000002', 'db');
  await web.guest.ip('link set eth0 address 00:16:3e:aa:aa:aa');
  await web.guest.reaches(web.plan.ipv4?.gateway ?? '');
  assert.ok((await host.dropped('mac')) > 0);
  assert.ok(await db.guest.reaches(db.plan.ipv4?.gateway ?? ''));
});

test('forwarding is switched on with the network and off again when that is removed', async () => {
  const sysctls = sysctlsInside(host.home);
  const keys = ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding'];
  assert.deepEqual(
    keys.map((key) => sysctls.read(key)),
    ['1', '1'],
  );
  await host.networks.remove();
  assert.deepEqual(
    keys.map((key) => sysctls.read(key)),
    ['0', '0'],
  );
});

test('two daemons have networks side by side, and the last to go switches forwarding off', async () => {
  const second = await TestNetworks.open(host);
  const sysctls = sysctlsInside(host.home);
  const [one, two] = [await host.launch('00000001', 'web'), await second.launch('00000001', 'web')];
  assert.ok(await one.guest.reaches(one.plan.ipv4?.gateway ?? ''));
  assert.ok(await two.guest.reaches(two.plan.ipv4?.gateway ?? ''));
  assert.notEqual(one.plan.ipv4?.gateway, two.plan.ipv4?.gateway);
  await second.remove();
  assert.equal(sysctls.read('net/ipv4/ip_forward'), '1');
  assert.ok(await one.guest.reaches(one.plan.ipv4?.gateway ?? ''));
  await host.networks.remove();
  assert.equal(sysctls.read('net/ipv4/ip_forward'), '0');
});

test('another DNS server that takes every address of the host is named as what stands in the way', async () => {
  await host.networks.remove();
  const other = await host.programs.spawn(['dnsmasq', '--no-daemon', '--conf-file=/dev/null', '--pid-file']);
  await eventually(async () => assert.match((await host.programs.run(['ss', '-lnu'])).stdout, /:53 /));
  await assert.rejects(host.networks.open(), { code: 'host', message: /Another DNS or DHCP server/ });
  process.kill(other.pid);
  await other.exited;
  await host.networks.open();
});

test('removing takes away links, tables, programs and files, and does so twice', async () => {
  await host.launch('00000001', 'web');
  await host.networks.remove();
  await host.networks.remove();
  const { stdout: links } = await host.programs.run(['ip', '-brief', 'link', 'show', 'type', 'bridge']);
  const { stdout: rules } = await host.programs.run(['nft', 'list', 'ruleset']);
  assert.deepEqual({ links, rules }, { links: '', rules: '' });
  for (const name of ['run', 'leases', 'sysctl/net%2Fipv4%2Fip_forward']) {
    assert.ok(!existsSync(path.join(host.folder, name)), name);
  }
});

test('a firewall that drops what guests forward is explained, and the command that it names helps', async () => {
  const web = await host.launch('00000001', 'web');
  await host.elsewhere();
  const network = host.bridgeNetwork();
  assert.deepEqual(await network.obstacles(), []);
  const input =
    'table inet guard { chain forward { type filter hook forward priority filter; policy drop; }; }';
  await host.programs.run(['nft', '-f', '-'], { input });
  assert.equal(await web.guest.reaches('198.51.100.2'), false);
  const [sentence = ''] = await network.obstacles();
  const [, commands = ''] = sentence.split('Run: ');
  for (const command of commands.split(' && ')) await host.programs.run(command.split(' '));
  assert.ok(await web.guest.reaches('198.51.100.2'));
  assert.deepEqual(await network.obstacles(), []);
});

test('a link of the bridge’s name that is no bridge is refused and left alone', async () => {
  await host.networks.remove();
  const bridge = host.names.bridge;
  await host.programs.run(['ip', 'link', 'add', bridge, 'type', 'veth', 'peer', 'name', 'other']);
  await assert.rejects(host.networks.open(), { code: 'host', message: `The link "${bridge}" is no bridge` });
  await host.programs.run(['ip', 'link', 'del', bridge]);
});
