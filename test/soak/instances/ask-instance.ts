import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Client } from '#client/client.ts';
import { readFile, writeFile } from '#client/files.ts';
import { finishOperation } from '#client/operations.ts';
import { finishExec, openExec } from '#client/sessions.ts';
import type { Operation } from '#contract/contract.ts';
import { type Answer, Particular, answerOf } from '../answer.ts';
import type { Caller } from '../caller.ts';
import { endByItself } from './end-by-itself.ts';
import type { Call } from './guest.ts';
import type { Kind } from './instance-rules.ts';

const file = '/soak';
const noteKey = 'user.note';
const nic = { eth1: { type: 'nic', name: 'eth1' } };
/** So much that writing it takes more than one piece. */
const repeats = 20_000;

/** Asks the daemon and waits for the end of what it begins. Throws what is no answer at all. */
export async function askInstance(caller: Caller, kind: Kind, call: Call): Promise<Answer> {
  const { interruptMs } = call;
  const line = interruptMs !== undefined && commandLineOf(kind, call);
  if (line) return caller.interrupted(line, namesIn(call), interruptMs);
  const answer = await answerOf(perform(caller, kind, call));
  const isOfFile = answer.says === 'not-found' && answer.told?.includes(` ${file} `);
  return isOfFile ? { says: 'no-file' } : answer;
}

const namesIn = (call: Call): string[] => [call.name, ...(call.verb === 'rename' ? [call.to] : [])];

/** What people type for it; nothing for what they cannot type so. */
function commandLineOf({ type, image }: Kind, call: Call): string[] | undefined {
  const { name, verb } = call;
  const force = 'isGraceful' in call && !call.isGraceful ? ['--force'] : [];
  switch (verb) {
    case 'launch': {
      const how = [...(call.isEphemeral ? ['--ephemeral'] : []), ...(type === 'container' ? [] : ['--vm'])];
      return [
        call.isStarted ? 'launch' : 'create',
        image,
        name,
        '--config',
        `${noteKey}=${call.note}`,
        ...how,
      ];
    }
    case 'exec':
      return ['exec', name, '--', 'sleep', '1000'];
    case 'stop':
    case 'restart':
    case 'start':
    case 'delete':
      return [verb, name, ...force];
    default:
      return undefined;
  }
}

async function perform(caller: Caller, kind: Kind, call: Call): Promise<unknown> {
  const { client } = caller;
  const params = { name: call.name };
  switch (call.verb) {
    case 'launch':
      return finish(client, call, launch(client, kind, call));
    case 'stop':
    case 'restart':
      return finish(
        client,
        call,
        changeState(client, { name: call.name, verb: call.verb }, !call.isGraceful),
      );
    case 'delete':
      return finish(client, call, client.begin('DELETE', '/1.0/instances/{name}', { params }));
    case 'start':
    case 'freeze':
    case 'unfreeze':
      return finish(client, call, changeState(client, { name: call.name, verb: call.verb }, true));
    case 'rename': {
      const body = { name: call.to };
      return finish(client, call, client.begin('POST', '/1.0/instances/{name}', { params, body }));
    }
    case 'note': {
      const body = { config: { [noteKey]: call.note } };
      return finish(client, call, client.begin('PATCH', '/1.0/instances/{name}', { params, body }));
    }
    case 'end':
      return endByItself(caller, call.name, call.how);
    case 'nic':
      return finish(client, call, changeNic(client, call.name, call.isWanted));
    case 'info':
      return info(client, call.name);
    case 'exec':
      return exec(client, call.name, call.token);
    case 'push':
      return push(client, call.name, call.token);
    case 'pull':
      return pull(client, call.name);
  }
}

async function finish(client: Client, { isCancelled }: Call, beginning: Promise<Operation>): Promise<void> {
  const begun = await beginning;
  await finishOperation(client, begun, isCancelled ? { cancel: AbortSignal.abort() } : {});
}

function launch(client: Client, { type, image }: Kind, call: Extract<Call, { verb: 'launch' }>) {
  const { name, note, isStarted: start, isEphemeral: ephemeral } = call;
  const source = { type: 'image', alias: image };
  const body = { name, type, source, config: { [noteKey]: note }, ephemeral, start };
  return client.begin('POST', '/1.0/instances', { body });
}

type StateVerb = 'start' | 'stop' | 'restart' | 'freeze' | 'unfreeze';

function changeState(
  client: Client,
  { name, verb: action }: { name: string; verb: StateVerb },
  force: boolean,
): Promise<Operation> {
  const body = { action, force, timeout: -1, stateful: false };
  return client.begin('PUT', '/1.0/instances/{name}/state', { params: { name }, body });
}

/** As the command line does it: read, change, write back what was read. */
async function changeNic(client: Client, name: string, isWanted: boolean): Promise<Operation> {
  const params = { name };
  const { value, etag } = await client.readTagged('/1.0/instances/{name}', { params });
  const { config, profiles, ephemeral } = value;
  const body = { config, profiles, ephemeral, devices: isWanted ? nic : {} };
  return client.begin('PUT', '/1.0/instances/{name}', { params, body, etag });
}

async function info(client: Client, name: string) {
  const { status, config, devices, ephemeral } = await client.read('/1.0/instances/{name}', {
    params: { name },
  });
  return { status, note: config[noteKey], hasNic: 'eth1' in devices, isEphemeral: ephemeral };
}

async function exec(client: Client, name: string, token: string): Promise<string> {
  const session = await openExec(client, name, {
    command: ['sh', '-c', `cat; echo ${token}`],
    environment: {},
    interactive: false,
  });
  try {
    const out = new PassThrough();
    await session.streams['0']?.sendFrom(Readable.from([]));
    const status = await finishExec(client, session, { 1: out, 2: new PassThrough().resume() });
    if (status !== 0) throw new Particular('cut-off');
    out.end();
    return (await text(out)).trim();
  } finally {
    session.close();
  }
}

async function push(client: Client, name: string, token: string): Promise<void> {
  const whole = wholeOf(token);
  const content = Readable.from(whole.match(/[^]{1,16000}/g) ?? []);
  await writeFile(client, name, file, { type: 'file', content, sizeBytes: whole.length, mode: 0o644 });
}

const wholeOf = (token: string, times = repeats): string => `${token}\n`.repeat(times);

/** What was pushed, or how it is torn: its first line may then be all of it. */
async function pull(client: Client, name: string): Promise<string> {
  const found = await readFile(client, name, file);
  if (found.type !== 'file') return `a ${found.type}`;
  const content = await text(found.content).catch(() => {
    throw new Particular('cut-off');
  });
  const [token = ''] = content.split('\n', 1);
  const isWhole = content.length === wholeOf(token, 1).length * repeats && content === wholeOf(token);
  return isWhole ? token : `torn: ${content.length} bytes of ${token.slice(0, 20)}`;
}
