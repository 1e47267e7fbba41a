import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '#base/logger.ts';
import { sleep } from '#base/wait.ts';
import { Fault, isFault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import type { DnsmasqPlan } from './dnsmasq-config.ts';
import { renderDnsmasqConfig } from './dnsmasq-config.ts';
import type { NameFiles } from './name-files.ts';
import type { ServantLeaf } from './servant-leaf.ts';

export interface DnsmasqDeps {
  programs: Programs;
  logger: Logger;
  /** For its configuration. Others than root must be able to reach it, and the names' folders. */
  folder: string;
  /** Must outlive a reboot. */
  leaseFile: string;
  names: Pick<NameFiles, 'hostsFolder' | 'dhcpFolder'>;
  leaf: Pick<ServantLeaf, keyof ServantLeaf>;
  /** Waits between attempts; default: `sleep`. */
  pause?: typeof sleep;
}

const reloadDelayMs = 100;
/** After running this long, it may die once and is started again at once. */
const steadyMs = 10_000;
const longestPauseMs = 60_000;

/**
 * The one dnsmasq of a network. It outlives the daemon:
 *
 *     absent ── start ──▶ running ── stop ──▶ absent
 *                ▲            │
 *                └── dies ────┘    until close: then it goes on unwatched, and the next start takes it over
 */
export class Dnsmasq {
  readonly #deps: DnsmasqDeps;
  #closing = new AbortController();
  #reload: NodeJS.Timeout | undefined;
  #reviving: Promise<void> | undefined;
  #attempts = 0;
  #triedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: DnsmasqDeps) {
    this.#deps = deps;
  }

  /** Takes over the one that runs with this very configuration, or else starts one. Resolves when it answers. */
  async start(plan: DnsmasqPlan): Promise<void> {
    await this.close();
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    await this.#deps.leaf.make();
    await this.#ensure(plan);
    this.#deps.leaf.onEmpty(() => {
      this.#reviving ??= this.#revive(plan, signal).finally(() => {
        this.#reviving = undefined;
      });
    }, signal);
  }

  /** Makes it read names and static leases again, soon; many wishes make one reload. */
  reload(): void {
    this.#reload ??= setTimeout(() => {
      this.#reload = undefined;
      this.#deps.leaf.signal('SIGHUP');
    }, reloadDelayMs);
  }

  /** Leaves it running. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#reload);
    this.#reload = undefined;
    await this.#reviving;
  }

  /** Ends it and takes away what it had. Not running: succeeds. */
  async stop(): Promise<void> {
    await this.close();
    await this.#deps.leaf.remove();
    await rm(this.#deps.folder, { recursive: true, force: true });
    await rm(this.#deps.leaseFile, { force: true });
  }

  async #ensure(plan: DnsmasqPlan): Promise<void> {
    const { folder, leaseFile, names, leaf } = this.#deps;
    const config = renderDnsmasqConfig(plan, {
      leaseFile,
      hostsFolder: names.hostsFolder,
      dhcpFolder: names.dhcpFolder,
    });
    // Its hash is in the file's name and hence in the program's command line: that tells what it runs with.
    const hash = createHash('sha256').update(config).digest('hex').slice(0, 12);
    const file = path.join(folder, `dnsmasq-${hash}.conf`);
    const argument = `--conf-file=${file}`;
    if (leaf.commandLines().some((words) => words.includes(argument))) return;
    await leaf.empty();
    await this.#writeConfig(file, config);
    await this.#launch(argument, plan.bridge);
  }

  async #launch(argument: string, bridge: string): Promise<void> {
    try {
      await this.#deps.leaf.start(this.#deps.programs, ['dnsmasq', argument], 'serve names and addresses');
    } catch (error) {
      if (!isFault(error, 'host') || !error.message.includes('Address already in use')) throw error;
      const message = `Another DNS or DHCP server of this host has taken the addresses of ${bridge}, too`;
      throw new Fault('host', message, {
        hint: `Tell it to keep off ${bridge} (see: ss -lnp sport = :53 or sport = :67).`,
        cause: error,
      });
    }
  }

  async #writeConfig(file: string, config: string): Promise<void> {
    const { folder, leaseFile } = this.#deps;
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await mkdir(path.dirname(leaseFile), { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) {
      if (name.endsWith('.conf')) await rm(path.join(folder, name));
    }
    await writeFile(file, config, { mode: 0o644 });
  }

  /** Starts it again, at growing intervals while it dies soon or does not even start. */
  async #revive(plan: DnsmasqPlan, signal: AbortSignal): Promise<void> {
    const { logger, leaf, pause = sleep } = this.#deps;
    while (!signal.aborted && leaf.commandLines().length === 0) {
      const pauseMs = this.#nextPauseMs();
      logger.warn({ pauseMs }, 'dnsmasq has died; starting it again');
      try {
        await pause(pauseMs, signal);
        this.#triedAtMs = performance.now();
        await this.#ensure(plan);
      } catch (error) {
        if (!signal.aborted) logger.error({ err: error }, 'dnsmasq does not start');
      }
    }
  }

  #nextPauseMs(): number {
    if (performance.now() - this.#triedAtMs > steadyMs) this.#attempts = 0;
    this.#attempts += 1;
    return this.#attempts === 1 ? 0 : Math.min(500 * 2 ** this.#attempts, longestPauseMs);
  }
}
