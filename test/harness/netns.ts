import { randomBytes } from 'node:crypto';
import { execa } from 'execa';

/** A network namespace of the test's own, in which a whole daemon with its bridge lives. */
export class TestNetwork {
  readonly name = `wd-it-${randomBytes(3).toString('hex')}`;

  get path(): string {
    return `/run/netns/${this.name}`;
  }

  static async make(): Promise<TestNetwork> {
    const network = new TestNetwork();
    await execa('ip', ['netns', 'add', network.name]);
    await execa('ip', ['-n', network.name, 'link', 'set', 'lo', 'up']);
    // A new namespace takes this over from the host, where another daemon may have switched it on.
    const [program, ...args] = network.inside(['sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward']);
    await execa(program, args);
    return network;
  }

  /** A command line that runs inside it, with the host's mounts. */
  inside(argv: readonly string[]): [string, ...string[]] {
    return ['nsenter', `--net=${this.path}`, ...argv];
  }

  async remove(): Promise<void> {
    await execa('ip', ['netns', 'del', this.name]);
  }
}
