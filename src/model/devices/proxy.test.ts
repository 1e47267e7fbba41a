import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { readProxy, validateDevices } from '../device.ts';
import type { InstanceType } from '../instance.ts';
import { proxyAddress } from './proxy-address.ts';

describe('an address', () => {
  test.for([
    ['tcp:0.0.0.0:80', { kind: 'tcp', host: '0.0.0.0', ports: [80] }],
    ['udp:[fd00::1]:53,90-92', { kind: 'udp', host: 'fd00::1', ports: [53, 90, 91, 92] }],
    ['tcp:127.0.0.1:90,80', { kind: 'tcp', host: '127.0.0.1', ports: [90, 80] }],
    ['unix:/run/app.sock', { kind: 'unix', path: '/run/app.sock' }],
    ['unix:@name', { kind: 'unix', path: '@name' }],
  ] as const)('%s is understood', ([text, address]) => {
    assert.deepEqual(proxyAddress.parse(text), address);
  });

  test.for([
    'tcp:80',
    'tcp:0.0.0.0',
    'tcp:localhost:80',
    'tcp:fd00::1:80',
    'tcp:[10.0.0.1]:80',
    'tcp:[fe80::1%eth0]:80',
    'tcp:0.0.0.0:0',
    'tcp:0.0.0.0:65536',
    'tcp:0.0.0.0:90-80',
    'tcp:0.0.0.0:80,79-81',
    'sctp:0.0.0.0:80',
    'unix:run/app.sock',
    'unix:/run/../etc/x',
    'unix:/run/',
    'unix:@',
    `unix:/${'x'.repeat(107)}`,
  ])('%s is none', (text) => {
    assert.equal(proxyAddress.parse(text), undefined);
  });
});

const usual = { type: 'proxy', listen: 'tcp:0.0.0.0:80', connect: 'tcp:127.0.0.1:80' };
const validate = (options: Record<string, string>, type: InstanceType = 'container') =>
  validateDevices({ http: { ...usual, ...options } }, type);

describe('a proxy', () => {
  test.for([
    {},
    { listen: 'tcp:0.0.0.0:80-81', connect: 'tcp:127.0.0.1:90-91' },
    { listen: 'tcp:0.0.0.0:80-81', connect: 'unix:/run/app.sock' },
    { listen: 'unix:/run/app.sock', mode: '0660', gid: '33' },
    { listen: 'udp:0.0.0.0:53', connect: 'udp:127.0.0.1:53', bind: 'instance' },
    { connect: 'tcp:10.0.0.2:80', nat: 'true' },
    { proxy_protocol: 'true', 'security.uid': '1000' },
  ])('can be %j', (options) => {
    validate(options);
  });

  test.for([
    [{ connect: 'udp:127.0.0.1:80' }, /tcp cannot be forwarded to udp/],
    [{ connect: 'tcp:127.0.0.1:80-81' }, /it listens on 1 port and connects to 2/],
    [{ listen: 'unix:/x', connect: 'tcp:127.0.0.1:80-81' }, /it listens on 1 port and connects to 2/],
    [{ connect: 'unix:/x', proxy_protocol: 'true' }, /proxy_protocol is for connections to tcp/],
    [{ nat: 'true', proxy_protocol: 'true' }, /proxy_protocol is for connections to tcp without nat/],
    [{ mode: '0600' }, /mode is for sockets that have a path, not for listen=tcp:0\.0\.0\.0:80/],
    [{ listen: 'unix:@name', uid: '1' }, /uid is for sockets that have a path/],
    [{ nat: 'true', bind: 'instance' }, /nat works for bind=host only/],
    [{ nat: 'true', connect: 'unix:/x' }, /nat leads tcp to tcp and udp to udp only/],
    [{ nat: 'true', connect: 'tcp:[::]:80' }, /from one version of IP to the other/],
    [{ nat: 'true', 'security.uid': '1' }, /security\.uid means nothing with nat/],
    [{ listen: 'tcp:0.0.0.0:1-1001' }, /at most, not 1001/],
  ] as const)('is refused as %j', ([options, message]) => {
    assert.throws(() => validate(options), { code: 'invalid', message });
  });

  test('of a virtual machine needs nat, since nothing of the host connects from inside', () => {
    assert.throws(() => validate({}, 'virtual-machine'), {
      code: 'invalid',
      message: 'Device "http": a proxy of a virtual machine needs nat=true',
    });
    validate({ nat: 'true', connect: 'tcp:0.0.0.0:80' }, 'virtual-machine');
  });

  test('listens on the host and connects as root, unless it is told otherwise', () => {
    const { listensOn, connectsAs, socket } = readProxy('http', usual);
    assert.deepEqual(
      { listensOn, connectsAs, socket },
      {
        listensOn: 'host',
        connectsAs: { uid: 0, gid: 0 },
        socket: { mode: 0o644, uid: 0, gid: 0 },
      },
    );
  });
});
