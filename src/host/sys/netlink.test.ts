import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'vitest';
import { deleteLink, getLink, parseLink } from '../network/route-messages.ts';
import { findLinkIndex, openRouteSocket, routeRequests } from './netlink.ts';

let socket: number;
beforeEach(() => {
  socket = openRouteSocket();
});
afterEach(() => closeSync(socket));

test('every network has a loopback link, the first', () => {
  assert.equal(findLinkIndex('lo'), 1);
  assert.equal(findLinkIndex('nowhere0'), undefined);
});

test('several requests are answered in order', async () => {
  const answers = await routeRequests(socket, [getLink('lo'), getLink('lo')]);
  assert.equal(answers.length, 2);
  assert.ok(parseLink(answers[0] ?? Buffer.alloc(0)).mtu >= 65_536);
});

test('a refusal names what it was about', async () => {
  const refused = routeRequests(socket, [getLink('lo'), deleteLink('nowhere0')]);
  await assert.rejects(refused, { code: 'host', message: /link nowhere0: .*\((ENODEV|EPERM)\)/ });
});
