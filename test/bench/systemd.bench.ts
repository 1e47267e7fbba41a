import { execa } from 'execa';
import { afterAll, beforeAll, test } from 'vitest';
import { makeHostWithImages } from '../harness/images.ts';
import type { TestHost } from '../harness/host.ts';
import { report, sample } from '../harness/measure.ts';
import { RawCrun } from './raw-crun.ts';

const rounds = 7;
let host: TestHost;

beforeAll(async () => {
  host = await makeHostWithImages('debian/12');
});
afterAll(() => host.remove());

/** systemd answers nobody at first. */
const upAndRunning = 'until systemctl is-system-running --wait >/dev/null 2>&1; do sleep 0.02; done';

/**
 * By hand: a cgroup leaf that the guest's root owns, crun in it, and a wait inside until systemd is up. Prints the
 * milliseconds of each round.
 */
const script = `
  bundle=$0; groups=$1; owner=$2; rounds=$3; i=0
  while [ $i -lt $rounds ]; do
    name=rawd$i; leaf=$groups/$name; v1=/sys/fs/cgroup/systemd/$name
    mkdir "$leaf"; chown $owner:$owner "$leaf" "$leaf/cgroup.procs" "$leaf/cgroup.subtree_control" "$leaf/cgroup.threads"
    if [ -d /sys/fs/cgroup/systemd ]; then mkdir $v1; chown $owner:$owner $v1 $v1/cgroup.procs $v1/tasks; fi
    a=$(date +%s%N)
    sh -c 'echo 0 >"$1/cgroup.procs"; [ -d "$2" ] && echo 0 >"$2/tasks"; shift 2; exec "$@"' sh "$leaf" "$v1" \\
      crun --cgroup-manager=disabled run -d --bundle "$bundle" $name <"$bundle/in" >"$bundle/log" 2>&1 || { cat "$bundle/log" >&2; exit 1; }
    crun --cgroup-manager=disabled exec $name sh -c '${upAndRunning}' <"$bundle/in" >"$bundle/log" 2>&1 || { cat "$bundle/log" >&2; exit 1; }
    b=$(date +%s%N); echo $(((b - a) / 1000000))
    echo 1 >"$leaf/cgroup.kill"; while grep -q 'populated 1' "$leaf/cgroup.events"; do sleep 0.01; done
    crun --cgroup-manager=disabled delete -f $name
    find "$leaf" -depth -type d -exec rmdir {} +; [ -d $v1 ] && find $v1 -depth -type d -exec rmdir {} +
    i=$((i + 1))
  done`;

async function byHand(raw: RawCrun, owner: number): Promise<{ minMs: number; medianMs: number }> {
  const namespace = `--mount=/proc/${host.daemonPid}/ns/mnt`;
  const places = [`/run/wadah/${host.mark}/cgroup2/wadah_${host.mark}`, `/sys/fs/cgroup/wadah_${host.mark}`];
  const found = await execa('nsenter', [namespace, 'ls', '-d', ...places], { reject: false });
  const [groups = ''] = found.stdout.split('\n');
  const argv = ['sh', '-c', script, raw.bundle, groups, String(owner), String(rounds)];
  const { stdout } = await execa('nsenter', [namespace, ...argv]);
  const durations = stdout
    .split('\n')
    .map(Number)
    .sort((a, b) => a - b);
  return { minMs: durations[0] ?? 0, medianMs: durations[Math.floor(rounds / 2)] ?? 0 };
}

test('a whole Debian, from nothing to systemd’s word that it is up, beside crun by hand', async () => {
  await host.must('launch', 'debian/12', 'bundle', '--wait');
  const raw = await RawCrun.of(host);
  const peer = { name: 'crun by hand', sample: await byHand(raw, raw.owner) };
  const ours = await sample(rounds, async (round) => {
    await host.must('launch', 'debian/12', `d${round}`);
    await host.must('exec', `d${round}`, '--', 'sh', '-c', upAndRunning);
  });
  report('launch of debian/12 until systemd is up, from the command line', ours, peer);
  report(
    'launch --wait of debian/12 (READY)',
    await sample(rounds, (round) => host.must('launch', 'debian/12', `w${round}`, '--wait')),
  );
});
