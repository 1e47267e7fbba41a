import type { TestHost } from '../../harness/host.ts';
import type { Side } from './side.ts';

export const local = (port: number) => ({ host: '127.0.0.1', port });

/** Of the container `web`. */
export const addProxy = (host: TestHost, name: string, ...options: string[]): Promise<string> =>
  host.must('config', 'device', 'add', 'web', name, 'proxy', ...options);

/** Closes what was opened on these sides, and takes all proxies from the container `web`. */
export async function clear(host: TestHost, ...sides: Side[]): Promise<void> {
  for (const side of sides) side.close();
  const { devices } = await host.client.read('/1.0/instances/{name}', { params: { name: 'web' } });
  for (const device of Object.keys(devices)) await host.must('config', 'device', 'remove', 'web', device);
}
