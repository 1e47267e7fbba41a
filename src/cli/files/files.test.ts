import { lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeAnswer, FakeDaemon } from '#client/fake-daemon.ts';
import { runLine } from '../fake-surroundings.ts';
import { parseGuestPath } from './guest-path.ts';

interface GuestEntry {
  type: string;
  mode?: string;
  content?: string;
  entries?: string[];
}

/** A guest's files behind the API, by path. */
class FakeGuest {
  readonly files = new Map<string, GuestEntry>([['/', { type: 'directory', entries: [] }]]);
  readonly owners = new Map<string, string>();

  serve(daemon: FakeDaemon): void {
    const pathOf = (target: string) => new URLSearchParams(target.split('?')[1]).get('path') ?? '';
    const found = (target: string): FakeAnswer => {
      const file = this.files.get(pathOf(target));
      if (!file) return { error: 'There is no such file', status: 404, wadah: { code: 'not-found' } };
      const headers = {
        'x-lxd-type': file.type,
        'x-lxd-mode': file.mode ?? '0644',
        'x-lxd-uid': '0',
        'x-lxd-gid': '0',
      };
      const folder = JSON.stringify({ type: 'sync', metadata: file.entries });
      return { content: file.type === 'directory' ? folder : (file.content ?? ''), headers };
    };
    daemon.on('GET /1.0/instances/web1/files', ({ target }) => found(target));
    daemon.on('HEAD /1.0/instances/web1/files', ({ target }) => found(target));
    daemon.on('POST /1.0/instances/web1/files', ({ target, headers, body }) => {
      const path = pathOf(target);
      const mode = headers['x-lxd-mode'];
      this.files.set(path, {
        type: String(headers['x-lxd-type']),
        content: body,
        ...(mode !== undefined && { mode: String(mode) }),
      });
      this.owners.set(path, [headers['x-lxd-uid'], headers['x-lxd-gid']].join(':'));
      return { metadata: {} };
    });
  }
}

let folder = '';
let daemon: FakeDaemon;
let guest: FakeGuest;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wadah-files-'));
  daemon = await FakeDaemon.start();
  guest = new FakeGuest();
  guest.serve(daemon);
});
afterEach(async () => {
  await daemon[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const file = (...words: string[]) => runLine(daemon, ['file', ...words]);
const here = (name: string) => join(folder, name);

test('a place inside an instance begins with its name', () => {
  expect(parseGuestPath('web1/etc/hosts')).toEqual({ name: 'web1', path: '/etc/hosts', isFolder: false });
  expect(parseGuestPath('web1/etc/')).toEqual({ name: 'web1', path: '/etc', isFolder: true });
  expect(parseGuestPath('web1')).toEqual({ name: 'web1', path: '/', isFolder: true });
  expect(parseGuestPath('web1/../../etc')).toEqual({ name: 'web1', path: '/etc', isFolder: false });
  expect(() => parseGuestPath('/etc/hosts')).toThrow('names no instance');
});

test('a pushed file keeps its permissions and owner, unless others are given', async () => {
  await writeFile(here('a.conf'), 'hello', { mode: 0o640 });
  const { uid, gid } = await stat(here('a.conf'));
  expect(await file('push', here('a.conf'), 'web1/etc/a')).toEqual({ status: 0, out: '', err: '' });
  expect(guest.files.get('/etc/a')).toEqual({ type: 'file', content: 'hello', mode: '0640' });
  expect(guest.owners.get('/etc/a')).toBe(`${uid}:${gid}`);
  await file('push', here('a.conf'), 'web1/etc/b', '--uid', '33', '--gid', '34', '--mode', '0600');
  expect(guest.files.get('/etc/b')?.mode).toBe('0600');
  expect(guest.owners.get('/etc/b')).toBe('33:34');
});

test('a file is pushed into a folder under its own name', async () => {
  await writeFile(here('a'), 'A');
  await writeFile(here('b'), 'B');
  guest.files.set('/srv', { type: 'directory' });
  await file('push', here('a'), 'web1/srv');
  await file('push', here('a'), here('b'), 'web1/opt/');
  expect([...guest.files.keys()].sort()).toEqual(['/', '/opt/a', '/opt/b', '/srv', '/srv/a']);
});

test('push -p makes the folders that are missing, and only those', async () => {
  await writeFile(here('a'), 'A');
  guest.files.set('/srv', { type: 'directory' });
  await file('push', '-p', here('a'), 'web1/srv/x/y/a');
  expect([...guest.files.keys()].slice(2)).toEqual(['/srv/x', '/srv/x/y', '/srv/x/y/a']);
});

test('push -r copies folders with what is in them, links as links', async () => {
  await mkdir(here('site/pages'), { recursive: true });
  await writeFile(here('site/pages/index'), 'hi');
  await symlink('pages/index', here('site/first'));
  expect((await file('push', here('site'), 'web1/srv/')).err).toContain('Say -r to push folders');
  await file('push', '-r', here('site'), 'web1/srv/');
  expect(guest.files.get('/srv/site/pages')?.type).toBe('directory');
  expect(guest.files.get('/srv/site/pages/index')?.content).toBe('hi');
  expect(guest.files.get('/srv/site/first')).toMatchObject({ type: 'symlink', content: 'pages/index' });
});

test('push - writes standard input', async () => {
  await runLine(daemon, ['file', 'push', '-', 'web1/etc/motd'], { input: 'welcome' });
  expect(guest.files.get('/etc/motd')?.content).toBe('welcome');
  expect((await file('push', '-', 'web1/etc/')).err).toContain('Standard input needs a file name');
});

test('a local file that is not there is told by its name', async () => {
  expect(await file('push', here('nothing'), 'web1/etc/a')).toMatchObject({
    status: 3,
    err: `Error: ${here('nothing')}: no such file or directory\n`,
  });
});

test('a pulled file arrives with its permissions, in a folder under its own name', async () => {
  guest.files.set('/etc/secret', { type: 'file', mode: '4600', content: 'x' });
  await file('pull', 'web1/etc/secret', folder);
  expect(await readFile(here('secret'), 'utf8')).toBe('x');
  expect((await stat(here('secret'))).mode & 0o7777).toBe(0o600);
  expect((await file('pull', 'web1/etc/secret', '-')).out).toBe('x');
});

test('pull -r copies a tree, links as links', async () => {
  guest.files.set('/var/log', { type: 'directory', mode: '0755', entries: ['apt', 'now'] });
  guest.files.set('/var/log/apt', { type: 'directory', mode: '0555', entries: ['history'] });
  guest.files.set('/var/log/apt/history', { type: 'file', content: 'install' });
  guest.files.set('/var/log/now', { type: 'symlink', content: '/etc/passwd' });
  expect((await file('pull', 'web1/var/log', here('logs'))).err).toContain('Say -r to pull folders');
  expect(await file('pull', '-r', '-p', 'web1/var/log', here('new/logs'))).toEqual({
    status: 0,
    out: '',
    err: '',
  });
  expect(await readFile(here('new/logs/apt/history'), 'utf8')).toBe('install');
  expect(await readlink(here('new/logs/now'))).toBe('/etc/passwd');
});

test('a guest cannot write outside the folder that one pulls into', async () => {
  for (const entry of ['..', '../evil', '/etc/evil', '']) {
    guest.files.set('/trap', { type: 'directory', mode: '0755', entries: [entry] });
    expect(await file('pull', '-r', 'web1/trap', here('into'))).toMatchObject({ status: 7 });
  }
  // A link and then, under the same name, a file that would go through it.
  let asked = 0;
  guest.files.set('/trap', { type: 'directory', mode: '0755', entries: ['x', 'x'] });
  await writeFile(here('victim'), 'mine');
  daemon.on('GET /1.0/instances/web1/files', ({ target }) => {
    if (!target.endsWith('x')) {
      return {
        content: '{"metadata":["x","x"]}',
        headers: { 'x-lxd-type': 'directory', 'x-lxd-mode': '0755' },
      };
    }
    asked += 1;
    return asked === 1
      ? { content: here('victim'), headers: { 'x-lxd-type': 'symlink' } }
      : { content: 'evil', headers: { 'x-lxd-type': 'file' } };
  });
  const { status } = await file('pull', '-r', 'web1/trap', here('second'));
  expect(status).not.toBe(0);
  expect(await readFile(here('victim'), 'utf8')).toBe('mine');
  expect((await lstat(here('second/x'))).isSymbolicLink()).toBe(true);
});

test('source and target are both wanted', async () => {
  expect((await file('pull', 'web1/etc/hosts')).status).toBe(2);
});
