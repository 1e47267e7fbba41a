import { readFile } from 'node:fs/promises';
import type { ServerInfo } from '#api/api.ts';
import type { Logger } from '#base/logger.ts';
import type { Engine } from '#engine/engine.ts';
import { isFault } from '#model/fault.ts';
import { version } from '#base/version.ts';

/** What `GET /1.0` tells of this daemon and its host. */
export async function gatherServerInfo(engines: Iterable<Engine>, logger: Logger): Promise<ServerInfo> {
  const versions = await Promise.all([...engines].map((engine) => versionOf(engine, logger)));
  return {
    version,
    engines: versions.map(splitVersion),
    storage: { name: 'dir', version: '1' },
    os: await osRelease(),
  };
}

/** One that is broken must not keep the other from its instances: whoever starts one is told what is wrong. */
async function versionOf(engine: Engine, logger: Logger): Promise<string> {
  try {
    return await engine.version();
  } catch (error) {
    if (!isFault(error)) throw error;
    logger.warn({ fault: error.message, hint: error.hint }, `no ${engine.type} can be started`);
    return `${engine.type} unknown`;
  }
}

/** `crun 1.8.1` as name and version. */
function splitVersion(text: string): { name: string; version: string } {
  const [name = text, number = ''] = text.split(' ');
  return { name, version: number };
}

async function osRelease(): Promise<{ name: string; version: string }> {
  const text: string = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const value = (key: string): string => new RegExp(`^${key}="?([^"\\n]*)`, 'm').exec(text)?.[1] ?? '';
  return { name: value('NAME') || 'Linux', version: value('VERSION_ID') };
}
