import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
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
    // dnsmasq reads them as a user of its own.
    for (const folder of [this.hostsFolder, this.dhcpFolder])
      await mkdir(folder, { recursive: true, mode: 0o755 });
    const known = new Set(nics.map(({ key }) => key));
    const strange = (await readdir(this.dhcpFolder)).filter((key) => !known.has(key));
    const changes = await Promise.all([
      ...strange.map((key) => this.remove(key)),
      ...nics.map((nic) => this.put(nic)),
    ]);
    return changes.includes(true);
  }

  /** Whether dnsmasq must be told to read the folders again; what is new it sees by itself. */
  async put(nic: NamedNic): Promise<boolean> {
    // The lease comes first and goes last: whatever a crash leaves, `open` finds it by its lease.
    const lease = await replace(path.join(this.dhcpFolder, nic.key), dhcpLine(nic));
    await replace(path.join(this.hostsFolder, nic.key), hostsLines(nic));
    return lease === 'changed';
  }

  /** Not there: succeeds. Whether dnsmasq must be told. */
  async remove(key: string): Promise<boolean> {
    await rm(path.join(this.hostsFolder, key), { force: true });
    const file = path.join(this.dhcpFolder, key);
    const wasThere = (await readIfThere(file)) !== undefined;
    await rm(file, { force: true });
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
  const before = await readIfThere(file);
  if (before === content) return 'same';
  await writeFile(file, content, { mode: 0o644 });
  return before === undefined ? 'new' : 'changed';
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
