import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { TestHost } from '../harness/host.ts';
import type { Sample } from '../harness/measure.ts';

interface Namespace {
  type: string;
  path?: string;
}

interface Spec {
  root: { path: string };
  linux: { namespaces: Namespace[]; cgroupsPath?: string };
}

/**
 * The peer of a launch: `crun run` of the bundle of a running instance, by hand, with a root file system that is
 * already there and already owned by the right ids, and with no network to wire. Runs in the daemon's mount
 * namespace, where crun works and lxcfs is mounted.
 */
export class RawCrun {
  readonly #host: TestHost;
  readonly bundle: string;
  /** Whom the guest's root is on the host. */
  readonly owner: number;

  private constructor(host: TestHost, bundle: string, owner: number) {
    this.#host = host;
    this.bundle = bundle;
    this.owner = owner;
  }

  /** Takes over the bundle of the only instance that runs. */
  static async of(host: TestHost): Promise<RawCrun> {
    const instances = `/run/wadah/${host.mark}/instances`;
    const [id] = await readdir(instances);
    if (id === undefined) throw new Error('no instance runs');
    const original = await readFile(path.join(instances, id, 'bundle/config.json'), 'utf8');
    const spec = JSON.parse(original) as Spec & { linux: { uidMappings?: { hostID: number }[] } };
    const bundle = path.join(host.directory, 'raw-bundle');
    await mkdir(bundle);
    spec.root.path = path.join(bundle, 'rootfs');
    spec.linux.namespaces = spec.linux.namespaces.map(({ type }) => ({ type }));
    await writeFile(path.join(bundle, 'config.json'), JSON.stringify(spec));
    // crun gives its standard streams to the guest's root: never the host's /dev/null.
    await writeFile(path.join(bundle, 'in'), '');
    const owner = spec.linux.uidMappings?.[0]?.hostID ?? 0;
    await copyRoot(host, spec.root.path, owner);
    return new RawCrun(host, bundle, owner);
  }

  /** Runs and deletes it `times` times; only the runs are timed, by the shell that does it. */
  async sample(times: number): Promise<Sample> {
    const script = `
      i=0; while [ $i -lt ${times} ]; do
        a=$(date +%s%N); crun run -d --bundle "$0" raw$i <"$0/in" >"$0/log" 2>&1 || { cat "$0/log" >&2; exit 1; }
        b=$(date +%s%N); crun delete -f raw$i; echo $((b - a)); i=$((i + 1))
      done`;
    const namespace = `--mount=/proc/${this.#host.daemonPid}/ns/mnt`;
    const { stdout } = await execa('nsenter', [namespace, 'sh', '-c', script, this.bundle]);
    const durations = stdout
      .split('\n')
      .map((line) => Number(line) / 1e6)
      .sort((a, b) => a - b);
    return { minMs: durations[0] ?? 0, medianMs: durations[Math.floor(times / 2)] ?? 0 };
  }
}

async function copyRoot(host: TestHost, target: string, owner: number): Promise<void> {
  const images = path.join(host.directory, 'pool/images');
  const [fingerprint = ''] = await readdir(images);
  await execa('cp', ['-a', path.join(images, fingerprint, 'rootfs'), target]);
  await execa('chown', ['-R', `${owner}:${owner}`, target]);
  for (let folder = path.dirname(target); folder !== '/var/tmp'; folder = path.dirname(folder)) {
    await execa('chmod', ['o+x', folder]);
  }
}
