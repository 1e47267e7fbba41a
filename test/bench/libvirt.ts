import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '#host/process/find-program.ts';

const domain = 'wadah-bench';

/** libvirt's own QEMU driver, in one process and a folder of its own: no daemon of the host is asked or started. */
export class Libvirt {
  readonly #shell: ChildProcessWithoutNullStreams;
  #said = '';
  #wake = (): void => {};

  private constructor(shell: ChildProcessWithoutNullStreams) {
    this.#shell = shell;
    shell.stdout.on('data', (chunk: Buffer) => this.#hear(chunk));
    shell.stderr.on('data', (chunk: Buffer) => this.#hear(chunk));
  }

  /** What this host lacks for it; empty: nothing. */
  static lacks(): string {
    try {
      findProgram('virsh');
      execFileSync('id', ['libvirt-qemu'], { stdio: 'ignore' });
      return '';
    } catch {
      return 'libvirt is not installed (libvirt-clients, libvirt-daemon-system)';
    }
  }

  /** With a machine like ours, defined and not started. */
  static async open(
    folder: string,
    { disk, firmware }: { disk: string; firmware: string },
  ): Promise<Libvirt> {
    const root = path.join(folder, 'libvirt');
    mkdirSync(path.join(root, 'etc'), { recursive: true });
    writeFileSync(path.join(root, 'etc/qemu.conf'), settings);
    const file = path.join(root, 'domain.xml');
    writeFileSync(file, machine(disk, firmware));
    const libvirt = new Libvirt(spawn('virsh', ['-c', `qemu:///embed?root=${root}`]));
    await libvirt.#tell(`define ${file}`, /defined/);
    return libvirt;
  }

  start(): Promise<void> {
    return this.#tell(`start ${domain}`, /started/);
  }

  destroy(): Promise<void> {
    return this.#tell(`destroy ${domain}`, /destroyed/);
  }

  async close(): Promise<void> {
    await this.#tell(`undefine ${domain}`, /undefined/);
    const ended = new Promise((resolve) => this.#shell.once('exit', resolve));
    this.#shell.stdin.end();
    await ended;
  }

  /** Throws what it says when that is an error, or when it has ended. */
  async #tell(command: string, success: RegExp): Promise<void> {
    this.#said = '';
    this.#shell.stdin.write(`${command}\n`);
    const answer = new RegExp(`Domain '${domain}' (has been )?${success.source}`);
    while (!answer.test(this.#said)) {
      if (/^error: /m.test(this.#said) || this.#shell.exitCode !== null)
        throw new Error(`virsh: ${this.#said}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#shell.once('exit', () => resolve());
      });
    }
  }

  #hear(chunk: Buffer): void {
    this.#said += chunk.toString();
    this.#wake();
  }
}

// No groups: it would leave folders of its own in the host's hierarchies.
const settings = `
user = "root"
group = "root"
cgroup_controllers = []
stdio_handler = "file"
security_driver = "none"
remember_owner = 0
`;

const machine = (disk: string, firmware: string): string => `
<domain type='qemu'>
  <name>${domain}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><loader type='rom'>${firmware}</loader></os>
  <cpu mode='custom'><model>Nehalem</model></cpu>
  <devices>
    <emulator>${findProgram('qemu-system-x86_64')}</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='${disk}'/><target dev='vda' bus='virtio'/>
    </disk>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <rng model='virtio'><backend model='builtin'/></rng>
    <memballoon model='virtio'/>
    <panic model='isa'/>
  </devices>
</domain>
`;
