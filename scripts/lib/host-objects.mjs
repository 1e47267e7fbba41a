// What Wadah has on this host: processes, mounts, links, nft tables, cgroups, loop devices, folders.
// Taken before and after the tests; whatever is there only afterwards was left behind.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processes that the tests start, and theirs, carry this variable, unless something cleans its environment. */
export const runVariable = 'WADAH_TEST_RUN';

const ours = /wadah/;

/** Images for tests, kept for the next run on purpose. */
const cache = 'wadah-test-cache';

/**
 * @param {string} run value of `runVariable`
 * @returns {Set<string>} one line for each object
 */
export function hostObjects(run) {
  return new Set([
    ...processes(run),
    ...mounts().map((point) => `mount ${point}`),
    ...namesIn('/sys/class/net', /^(w[di][0-9a-f]{4}|wadah)/).map((link) => `link ${link}`),
    ...namesIn('/run/netns', ours).map((name) => `network namespace ${name}`),
    ...tables().map((table) => `nft table ${table}`),
    ...cgroups().map((group) => `cgroup ${group}`),
    ...loops(),
    ...folders('/run/wadah', /^[0-9a-f]{4}$/),
    ...folders('/run/wadah/namespaces', /^[0-9a-f]{16}$/),
    ...folders('/tmp', /^wadah-/),
    ...folders('/var/tmp', /^wadah-/),
  ]);
}

/**
 * What is there now and was not before. Things that are still going get a few seconds.
 *
 * @param {Set<string>} before
 * @param {string} run
 */
export async function leftBehind(before, run) {
  const deadline = Date.now() + 5000;
  for (;;) {
    const left = [...hostObjects(run)].filter((object) => !before.has(object));
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(100);
  }
}

/** @param {string} run */
function processes(run) {
  return namesIn('/proc', /^\d+$/)
    .filter((pid) => Number(pid) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).includes(`${runVariable}=${run}`) || isInGroupOfOurs(pid))
    .map((pid) => `process ${pid} ${commandOf(pid)}`);
}

/** @param {string} pid */
function commandOf(pid) {
  const line = read(`/proc/${pid}/cmdline`)
    .replaceAll(/[\0\s]+/g, ' ')
    .trim();
  return (line || read(`/proc/${pid}/comm`).trim()).slice(0, 120);
}

/** @param {string} pid */
const isInGroupOfOurs = (pid) => read(`/proc/${pid}/cgroup`).includes('/wadah_');

function mounts() {
  return read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => ours.test(point));
}

/** @returns {string[]} */
function tables() {
  try {
    const { nftables } = JSON.parse(execFileSync('nft', ['-j', 'list', 'tables'], { encoding: 'utf8' }));
    const names = nftables.flatMap((/** @type {any} */ { table }) =>
      table ? `${table.family} ${table.name}` : [],
    );
    return names.filter((/** @type {string} */ name) => ours.test(name));
  } catch {
    return []; // no nft, or not root
  }
}

/** v2 and v1 roots: at most two levels below /sys/fs/cgroup. */
function cgroups() {
  const top = '/sys/fs/cgroup';
  const folders = [top, ...namesIn(top, /./).map((name) => `${top}/${name}`)];
  return folders.flatMap((folder) => namesIn(folder, /^wadah_/).map((name) => `${folder}/${name}`));
}

function loops() {
  return namesIn('/sys/block', /^loop/)
    .map((name) => `loop device ${name} ${read(`/sys/block/${name}/loop/backing_file`).trim()}`)
    .filter((line) => ours.test(line));
}

/** @param {string} folder @param {RegExp} pattern */
function folders(folder, pattern) {
  const names = namesIn(folder, pattern).filter((name) => name !== cache);
  return names.map((name) => `folder ${folder}/${name}`);
}

/** @param {string} folder @param {RegExp} pattern */
function namesIn(folder, pattern) {
  try {
    return readdirSync(folder).filter((name) => pattern.test(name));
  } catch {
    return [];
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
