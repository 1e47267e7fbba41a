import { access } from 'node:fs/promises';
import type { Programs } from '#host/process/programs.ts';
import { Fault } from '#model/fault.ts';

/** How this host's apt reaches Debian: what an image is built from, which is not what it keeps. */
export interface HostApt {
  mirror: AptMirror;
  securityMirror: AptMirror;
  /** Lines of apt.conf: proxies and how much of a mirror's clock is believed. */
  options: string[];
}

export interface AptMirror {
  url: string;
  /** File of keys; absent: the keys that this host's apt trusts anyway. */
  signedBy: string | undefined;
}

const debianKeys = '/usr/share/keyrings/debian-archive-keyring.gpg';
const publicMirror = 'http://deb.debian.org/debian';
const publicSecurityMirror = 'http://security.debian.org/debian-security';

const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)|$(SIGNED_BY)';
const wantedOptions =
  /^Acquire::(http|https|Retries|ForceIPv4|ForceIPv6|Check-Valid-Until|Check-Date|Max-FutureTime)\b.* ".+";$/;

/** Asks apt. A host that has no Debian mirror of its own gets Debian's. Throws `unsupported` without any keys. */
export async function readHostApt(programs: Programs, signal: AbortSignal): Promise<HostApt> {
  const ask = async (...argv: string[]) => (await programs.run(argv, { signal, purpose: 'ask apt' })).stdout;
  const targets = await ask('apt-get', 'indextargets', '--format', format, 'Created-By: Packages');
  const found = parseMirrors(targets);
  return {
    mirror: found.mirror ?? (await publicly(publicMirror)),
    securityMirror: found.securityMirror ?? (await publicly(publicSecurityMirror)),
    options: parseOptions(await ask('apt-config', 'dump')),
  };
}

/** Debian's mirrors among what `apt-get indextargets` prints, the first of each kind. */
export function parseMirrors(targets: string): { mirror?: AptMirror; securityMirror?: AptMirror } {
  const lines = targets.split('\n').map((line) => line.split('|'));
  const first = (wanted: string): AptMirror | undefined => {
    for (const [origin, label, url = '', keys = ''] of lines) {
      if (origin !== 'Debian' || label !== wanted || !/^https?:\/\//.test(url)) continue;
      return { url: url.replace(/\/+$/, ''), signedBy: /^\/\S+$/.test(keys) ? keys : undefined };
    }
    return undefined;
  };
  const mirror = first('Debian');
  const securityMirror = first('Debian-Security');
  return { ...(mirror && { mirror }), ...(securityMirror && { securityMirror }) };
}

export function parseOptions(dump: string): string[] {
  return dump.split('\n').filter((line) => wantedOptions.test(line));
}

async function publicly(url: string): Promise<AptMirror> {
  await access(debianKeys).catch((cause: unknown) => {
    const hint = 'Install the package debian-archive-keyring.';
    throw new Fault('unsupported', "This host has no keys to check Debian's packages with", { hint, cause });
  });
  return { url, signedBy: debianKeys };
}
