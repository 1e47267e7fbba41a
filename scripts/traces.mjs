#!/usr/bin/env node
// Finds traces of the machine on which somebody works (its package servers, its folders) in files that go to others.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The distributions' own servers stand in every apt configuration, so naming them tells nothing. */
const wellKnown = /(^|\.)(debian\.org|ubuntu\.com)$/;

/** Folders that every Linux has. */
const ordinary = ['boot', 'etc', 'home', 'mnt', 'opt', 'root', 'run', 'srv', 'tmp', 'usr', 'var'];

/** @param {string} text */
const hostsIn = (text) =>
  Array.from(text.matchAll(/https?:\/\/(?:[^\s/@]*@)?([\w.-]+)/g), ([, host = '']) => host);

/** What a program prints; nothing when it is not there. @param {string} program @param {string[]} args */
function say(program, ...args) {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout ?? '';
}

/** @param {string} folder */
function textIn(folder) {
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .filter((name) => /\.(list|sources)$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

/** Texts of this machine that must not appear. */
function traces() {
  const proxies = Object.entries(process.env).filter(([name]) => /proxy$/i.test(name));
  const servers = hostsIn(
    [
      say('npm', 'config', 'get', 'registry'),
      say('apt-config', 'dump'),
      textIn('/etc/apt/sources.list.d'),
      ...proxies.map(([, value]) => value ?? ''),
    ].join('\n'),
  );
  const [, top = ''] = root.split('/');
  const folders = [root, ...(ordinary.includes(top) ? [] : [`/${top}/`])];
  return [...new Set([...servers.filter((host) => !wellKnown.test(host)), ...folders])];
}

/**
 * A path inside another one, such as roots/ID/work/, is no trace.
 *
 * @param {string} line
 * @param {string[]} forbidden
 */
export const traceIn = (line, forbidden) =>
  forbidden.find((word) =>
    line
      .split(word)
      .slice(0, -1)
      .some((before) => !/[\w}.-]$/.test(before)),
  );

function lookThroughRepository() {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter(Boolean);
  const forbidden = traces();
  for (const file of files) {
    for (const [index, line] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
      const trace = traceIn(line, forbidden);
      if (trace === undefined) continue;
      console.error(`${file}:${index + 1}: ${trace}`);
      process.exitCode = 1;
    }
  }
  console.log(`${files.length} files looked through`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) lookThroughRepository();
