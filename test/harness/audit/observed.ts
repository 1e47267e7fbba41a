import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { parseMountinfo } from '#host/mount/mountinfo.ts';
import { networkNames } from '#host/network/object-names.ts';
import type { TestHost } from '../host.ts';
import type { Documents } from './documents.ts';
import { observedProcesses } from './processes.ts';
import { observedRecords } from './records.ts';

/** All that is there and bears the daemon's mark, or lies in its folders: one line for each object. */
export async function observedObjects(host: TestHost, documents: Documents): Promise<Set<string>> {
  return new Set([
    ...observedRecords(documents),
    ...observedProcesses(host, documents),
    ...inPool(host),
    ...inRunFolder(host),
    ...claims(host),
    ...mounts(host),
    ...(await links(host)),
    ...(await nftObjects(host)),
  ]);
}

const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

function inPool({ directory }: TestHost): string[] {
  const below = (part: string) => names(join(directory, 'pool', part));
  return [
    ...below('roots').map((id) => `disk ${id}`),
    ...below('images').map((fingerprint) => `image ${fingerprint}`),
    ...below('builds').map((name) => `folder of a build ${name}`),
    ...below('trash').map((name) => `half-deleted tree ${name}`),
  ];
}

function inRunFolder({ mark }: TestHost): string[] {
  const run = join('/run/wadah', mark);
  return [
    ...names(join(run, 'instances')).map((id) => `runtime folder ${id}`),
    ...names(join(run, 'crun')).map((id) => `note of crun ${id}`),
    ...names(join(run, 'mounts')).map((name) => `folder of a mounted root ${name}`),
    ...names(join(run, 'network/hosts')).map((key) => `DNS name ${key}`),
    ...names(join(run, 'network/dhcp')).map((key) => `DHCP name ${key}`),
  ];
}

function claims({ directory }: TestHost): string[] {
  const all = JSON.parse(readFileSync('/run/wadah/claims/claims.json', 'utf8')) as { directory: string }[];
  const mine = all.filter((claim) => claim.directory === directory);
  return mine.map((_, index) => (index === 0 ? 'claim of the state folder' : `claim number ${index + 1}`));
}

/** Those of instances in the daemon's namespace; ones that lie twice in one place; and what the host sees. */
function mounts({ mark, directory, daemonPid }: TestHost): string[] {
  const run = `/run/wadah/${mark}/`;
  const targets = (pid: number | 'self') =>
    parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).map(({ target }) => target);
  const inside = targets(daemonPid).filter((target) => target.startsWith(run));
  return [
    ...inside
      .filter((target) => /^(instances|mounts|crun)\//.test(target.slice(run.length)))
      .map((target) => `mount ${target.slice(run.length)}`),
    ...inside
      .filter((target, index) => inside.indexOf(target) !== index)
      .map((target) => `mount ${target}, twice`),
    ...targets('self')
      .filter((target) => target.startsWith(run) || target.startsWith(directory))
      .map((target) => `mount ${target} on the host`),
  ];
}

async function links({ network, mark }: TestHost): Promise<string[]> {
  const { bridge } = networkNames(mark, false);
  const { stdout } = await execa('ip', ['-j', '-n', network.name, 'link']);
  const found = (JSON.parse(stdout) as { ifname: string }[]).map(({ ifname }) => ifname);
  return found
    .filter((name) => name !== 'lo')
    .map((name) => (name === bridge ? `bridge ${name}` : `link ${name}`));
}

async function nftObjects({ network, mark }: TestHost): Promise<string[]> {
  const [program, ...args] = network.inside(['nft', '-j', 'list', 'ruleset']);
  const { stdout } = await execa(program, args);
  const { nftables } = JSON.parse(stdout) as { nftables: { table?: { name: string } }[] };
  const tables = nftables.flatMap(({ table }) => (table ? [`nft table ${table.name}`] : []));
  const elements = stdout.match(new RegExp(`\\bwd${mark}[0-9a-f]{8}[0-9a-z]\\b`, 'g')) ?? [];
  return [...tables, ...elements.map((link) => `nft elements of ${link}`)];
}
