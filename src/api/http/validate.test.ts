import { expect, test } from 'vitest';
import { ExecPost, InstancePut, InstancesPost, routes } from '#contract/contract.ts';
import { bodyReader, queryReader } from './validate.ts';

const post = bodyReader(InstancesPost);
const put = bodyReader(InstancePut);
const source = { type: 'image', alias: 'busybox' };

test('what the lxc client sends to launch is read as what it means', () => {
  const sent = {
    architecture: '',
    config: {},
    devices: {},
    ephemeral: false,
    profiles: null,
    stateful: false,
    description: '',
    name: 'c1',
    source: { type: 'image', certificate: '', fingerprint: 'ab12' },
    instance_type: '',
    type: 'container',
  };
  expect(post(sent)).toEqual({
    architecture: '',
    config: {},
    devices: {},
    ephemeral: false,
    description: '',
    name: 'c1',
    source: { type: 'image', fingerprint: 'ab12' },
    type: 'container',
  });
});

test('null is the same as absent', () => {
  expect(post({ source, name: null, config: null })).toEqual({ source });
  expect(() => post({ source: null })).toThrow('"source" must not be missing');
});

test('unknown keys are dropped when they ask for nothing and refused when they ask for something', () => {
  expect(put({ Config: null, Devices: {}, Profiles: [], newer: false })).toEqual({});
  expect(() => put({ descripton: 'web server' })).toThrow('There is no key "descripton"');
  expect(() => post({ source: { ...source, fingreprint: 'x' } })).toThrow('"source.fingreprint"');
});

test('keys of the dialect that are not served are unsupported once they ask for something', () => {
  expect(put({ restore: '' })).toEqual({});
  const refusal = { code: 'unsupported', message: 'Wadah does not serve snapshots' };
  expect(() => put({ restore: 'c1/s0' })).toThrow(expect.objectContaining(refusal));
});

test('keys that only the server writes are dropped from what people send back', () => {
  expect(put({ description: 'x', status: 'Running', status_code: 103, expanded_config: { a: 'b' } })).toEqual(
    {
      description: 'x',
    },
  );
});

test.each([
  [{ config: { 'limits.cpu': 2 } }, '"config.limits.cpu" must be string'],
  [{ ephemeral: 'true' }, '"ephemeral" must be boolean'],
  [{ profiles: ['a', 1] }, '"profiles.1" must be string'],
  [{ config: { 'a\nb': 1 } }, 'must be string'],
  [[], 'The document must be object'],
  ['text', 'The document must be object'],
])('nothing is converted in a body: %j', (body, complaint) => {
  expect(() => put(body)).toThrow(complaint);
});

test('a wrong word is answered by the right ones', () => {
  expect(() => post({ source, type: 'vm' })).toThrow('"type" must be one of container, virtual-machine');
});

test('a body that is missing is asked for', () => {
  expect(() => bodyReader(ExecPost)(undefined)).toThrow('The request needs a body');
});

test('texts of a query become what the route declares, and other keys are left alone', () => {
  const read = queryReader(routes.listInstances.query);
  expect(read({ recursion: '2', 'all-projects': '1', filter: '', target: 'none' })).toEqual({
    recursion: 2,
    'all-projects': true,
    filter: '',
  });
  expect(read({ recursion: '' })).toEqual({});
  expect(() => read({ recursion: 'two' })).toThrow('"recursion" must be integer');
  expect(() => read({ filter: ['a', 'b'] })).toThrow('"filter" must be string');
});
