import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '../sys/libc.ts';
import { guestDomain } from './dnsmasq-config.ts';

/** What DNS and DHCP know of one NIC. */
export interface NamedNic {
  /** Unique among all NICs, fit to name a file. */
  key: string;
  /** Of its instance. */
  name: string;
  mac: string;
  ipv4: string;
  ipv6: string | undefined;
}

/** The folders of small files, one for each NIC, that dnsmasq reads names and static leases from. */
export class NameFiles {
  readonly hostsFolder: string;
  readonly dhcpFolder: string;

  constructor(folder: string) {
    this.hostsFolder = path.join(folder, 'hosts');
    this.dhcpFolder = path.join(folder, 'dhcp');
  }

  /** Makes the folders hold these NICs and no others. Whether dnsmasq, if it runs, must read them again. */
  async open(nics: readonly NamedNic[]): Promise<boolean> {
    const known = new Set(nics.map(({ key }) => key));
    const strange = new Set<string>();
    for (const folder of [this.hostsFolder, this.dhcpFolder]) {
      // dnsmasq reads them as a user of its own.
      await mkdir(folder, { recursive: true, mode: 0o755 });
      for (const key of await readdir(folder)) if (!known.has(key)) strange.add(key);
    }
    const removed = await Promise.all([...strange].map((key) => this.remove(key)));
    const changed = await Promise.all(nics.map((nic) => this.put(nic)));
    return [...removed, ...changed].includes(true);
  }

  /** Whether dnsmasq must be told to read the folders again; what is new it sees by itself. */
  async put(nic: NamedNic): Promise<boolean> {
    const [, lease] = await Promise.all([
      replace(path.join(this.hostsFolder, nic.key), hostsLines(nic)),
      replace(path.join(this.dhcpFolder, nic.key), dhcpLine(nic)),
    ]);
    return lease === 'changed';
  }

  /** Not there: succeeds. Whether dnsmasq must be told. */
  async remove(key: string): Promise<boolean> {
    const lease = path.join(this.dhcpFolder, key);
    const wasThere = readIfThere(lease) !== undefined;
    await Promise.all([path.join(this.hostsFolder, key), lease].map((file) => rm(file, { force: true })));
    return wasThere;
  }
}

// Only with the domain: an instance called "localhost" or "wpad" must not answer for the bare word.
function hostsLines({ name, ipv4, ipv6 }: NamedNic): string {
  return [ipv4, ipv6].map((address) => (address ? `${address} ${name}.${guestDomain}\n` : '')).join('');
}

function dhcpLine({ mac, ipv4, name }: NamedNic): string {
  return `${mac},${ipv4},${name}\n`;
}

async function replace(file: string, content: string): Promise<'new' | 'same' | 'changed'> {
  const before = readIfThere(file);
  if (before === content) return 'same';
  await writeFile(file, content, { mode: 0o644 });
  return before === undefined ? 'new' : 'changed';
}

/** Of files that were written in this boot, hence are in memory: reading does not wait. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
