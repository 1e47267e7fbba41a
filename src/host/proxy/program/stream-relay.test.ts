import assert from 'node:assert/strict';
import { test } from 'vitest';
import { proxyHeader } from './stream-relay.ts';

const ports = { remotePort: 40_000, localPort: 80 };

test('the PROXY header says who connects and where, by either version of IP', () => {
  assert.equal(
    proxyHeader({ remoteAddress: '192.0.2.7', localAddress: '192.0.2.1', ...ports }),
    'PROXY TCP4 192.0.2.7 192.0.2.1 40000 80\r\n',
  );
  assert.equal(
    proxyHeader({ remoteAddress: '::ffff:192.0.2.7', localAddress: '::ffff:192.0.2.1', ...ports }),
    'PROXY TCP4 192.0.2.7 192.0.2.1 40000 80\r\n',
  );
  assert.equal(
    proxyHeader({ remoteAddress: 'fd00::7', localAddress: 'fd00::1', ...ports }),
    'PROXY TCP6 fd00::7 fd00::1 40000 80\r\n',
  );
});

test('who comes through a unix socket has no address', () => {
  const nothing = { remoteAddress: undefined, localAddress: undefined };
  assert.equal(proxyHeader({ ...nothing, remotePort: undefined, localPort: undefined }), 'PROXY UNKNOWN\r\n');
});
