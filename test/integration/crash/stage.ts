import { finishOperation } from '#client/operations.ts';
import type { Operation } from '#contract/contract.ts';
import type { Devices } from '#model/device.ts';
import { isFault } from '#model/fault.ts';
import type { Config, InstanceType } from '#model/instance.ts';
import { eventually } from '../../harness/host.ts';
import type { MortalHost } from '../../harness/mortal-host.ts';
import type { HasHost } from './scenario.ts';

/** What the instance on the stage can be brought to before an operation begins. */
export type Condition = 'absent' | 'stopped' | 'running' | 'paused';

const conditions: Record<string, Condition> = {
  Stopped: 'stopped',
  Running: 'running',
  Frozen: 'paused',
  Error: 'stopped',
};
const changes = { running: 'start', paused: 'freeze', stopped: 'stop' } as const;

/** What an instance is made with, besides what its profile says. */
export interface Needs {
  config?: Config;
  devices?: Devices;
}

interface StageOptions {
  type: InstanceType;
  /** Alias of the image of which the instance is made. */
  image: string;
}

/** One instance of a mortal daemon, on which operations are played. */
export class Stage implements HasHost {
  readonly host: MortalHost;
  readonly name = 'walker';
  readonly otherName = 'runner';
  readonly type: InstanceType;
  readonly #image: string;
  readonly label: string;
  /** Its init when the operation was about to begin. */
  pidBefore = 0;

  constructor(host: MortalHost, { type, image }: StageOptions) {
    this.host = host;
    this.type = type;
    this.label = type;
    this.#image = image;
  }

  /** What is forwarded to it: by the kernel, and to containers by a program too. */
  get proxies(): Devices {
    const translated = { type: 'proxy', listen: 'tcp:0.0.0.0:7001', connect: 'tcp:0.0.0.0:80', nat: 'true' };
    const relayed = { type: 'proxy', listen: 'tcp:127.0.0.1:7000', connect: 'tcp:127.0.0.1:80' };
    return this.type === 'container' ? { translated, relayed } : { translated };
  }

  /** By whatever it takes, without touching what is right already. */
  async bring(to: Condition, config: Config = {}): Promise<void> {
    if (to !== 'absent' && (await this.condition()) === 'absent')
      await this.create({ start: to !== 'stopped', config });
    while ((await this.condition()) !== to) await this.#approach(to);
    this.pidBefore = to === 'absent' ? 0 : await this.pid();
  }

  /** `Unknown` for one that is not there. */
  async status(name = this.name): Promise<string> {
    try {
      return (await this.host.client.read('/1.0/instances/{name}', { params: { name } })).status;
    } catch (error) {
      if (isFault(error, 'not-found')) return 'Unknown';
      throw error;
    }
  }

  /** When nothing is going on with it any more. */
  async condition(name = this.name): Promise<Condition> {
    return eventually(async () => {
      const status = await this.status(name);
      const condition = status === 'Unknown' ? 'absent' : conditions[status];
      if (!condition) throw new Error(`"${name}" is still ${status}`);
      return condition;
    });
  }

  async pid(): Promise<number> {
    return (await this.host.client.read('/1.0/instances/{name}/state', { params: { name: this.name } })).pid;
  }

  async read() {
    return this.host.client.read('/1.0/instances/{name}', { params: { name: this.name } });
  }

  async create({ start, config = {}, devices = {} }: { start: boolean } & Needs): Promise<void> {
    const { name, type } = this;
    const source = { type: 'image', alias: this.#image };
    const begun = this.host.client.begin('POST', '/1.0/instances', {
      body: { name, type, source, config, devices: { ...this.proxies, ...devices }, start },
    });
    await this.finish(begun);
  }

  async change(action: 'start' | 'stop' | 'restart' | 'freeze' | 'unfreeze'): Promise<void> {
    const body = { action, force: true, timeout: -1, stateful: false };
    const params = { name: this.name };
    await this.finish(this.host.client.begin('PUT', '/1.0/instances/{name}/state', { params, body }));
  }

  async rename(from: string, to: string): Promise<void> {
    const request = { params: { name: from }, body: { name: to } };
    await this.finish(this.host.client.begin('POST', '/1.0/instances/{name}', request));
  }

  async delete(): Promise<void> {
    const params = { name: this.name };
    await this.finish(this.host.client.begin('DELETE', '/1.0/instances/{name}', { params }));
  }

  /** Resolves when the daemon has acknowledged that all is done. */
  async finish(begun: Promise<Operation>): Promise<void> {
    await finishOperation(this.host.client, await begun);
  }

  async #approach(to: Condition): Promise<void> {
    const now = await this.condition();
    if (now === 'paused') return this.change(to === 'running' ? 'unfreeze' : 'stop');
    if (to === 'absent' && now === 'stopped') return this.delete();
    if (to === 'paused' && now === 'stopped') return this.change('start');
    return this.change(changes[to === 'absent' ? 'stopped' : to]);
  }
}
