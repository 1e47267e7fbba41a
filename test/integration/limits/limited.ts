import assert from 'node:assert/strict';
import type { TestHost } from '../../harness/host.ts';

export interface Told {
  stdout: string;
  stderr: string;
  status: number | undefined;
}

/** An instance whose limits are changed while it runs, as a person at the command line would. */
export class Limited {
  readonly host: TestHost;
  readonly name: string;

  constructor(host: TestHost, name: string) {
    this.host = host;
    this.name = name;
  }

  /** `key=value` for each; what was set before stays. */
  async set(config: Record<string, string>, ...options: string[]): Promise<void> {
    const pairs = Object.entries(config).map(([key, value]) => `${key}=${value}`);
    await this.host.must('config', 'set', this.name, ...pairs, ...options);
  }

  async unset(...keys: string[]): Promise<void> {
    await this.host.must('config', 'unset', this.name, ...keys);
  }

  /** Changes options of a device that it has, or that its profile has. */
  async setDevice(device: string, options: Record<string, string>): Promise<void> {
    const pairs = Object.entries(options).map(([key, value]) => `${key}=${value}`);
    await this.host.must('config', 'device', 'set', this.name, device, ...pairs);
  }

  /** Runs a script inside, whatever its status. */
  async run(script: string): Promise<Told> {
    const { stdout, stderr, exitCode } = await this.host.wadah(['exec', this.name, '--', 'sh', '-c', script]);
    return { stdout, stderr, status: exitCode };
  }

  /** Runs a script inside, which must succeed; what it says. */
  async says(script: string): Promise<string> {
    const told = await this.run(script);
    assert.equal(told.status, 0, `${script}\n${told.stdout}\n${told.stderr}`);
    return told.stdout;
  }

  /** Nanoseconds of processor time so far. */
  async cpuTime(): Promise<number> {
    const params = { name: this.name };
    return (await this.host.client.read('/1.0/instances/{name}/state', { params })).cpu.usage;
  }

  async initPid(): Promise<number> {
    return this.host.initPid(this.name);
  }

  /** Keys that wait for the next start. */
  async pending(): Promise<string[]> {
    const { wadah } = await this.host.client.read('/1.0/instances/{name}', { params: { name: this.name } });
    return wadah.pending.map(({ key }) => key);
  }
}
