#!/usr/bin/env node
// Writes src/engine/vm/qmp/types.gen.ts: what the installed QEMU says of the commands and events that we use. The result
// is committed, so that only who uses more of them needs QEMU.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(fileURLToPath(import.meta.url)), '../src/engine/vm/qmp/types.gen.ts');
const commands = [
  'block_resize',
  'block_set_io_throttle',
  'cont',
  'qmp_capabilities',
  'query-chardev',
  'query-kvm',
  'query-status',
  'stop',
  'system_powerdown',
];
const events = ['BLOCK_IO_ERROR', 'GUEST_PANICKED', 'RESET', 'SHUTDOWN', 'STOP', 'VSERPORT_CHANGE'];

/**
 * @typedef {{ name: string, type: string, default?: unknown }} Member
 * @typedef {{ name: string, 'meta-type': string, 'json-type'?: string, 'arg-type'?: string, 'ret-type'?: string,
 *   'element-type'?: string, members?: Member[], values?: string[], tag?: string,
 *   variants?: { case: string, type: string }[] }} Entity
 */

/** Asks a QEMU without a machine. @returns {{ version: string, schema: Map<string, Entity> }} */
export function readQmpSchema() {
  const input = ['qmp_capabilities', 'query-qmp-schema', 'quit']
    .map((execute) => JSON.stringify({ execute }))
    .join('\n');
  const argv = ['-machine', 'none', '-nodefaults', '-no-user-config', '-display', 'none', '-qmp', 'stdio'];
  const { stdout, error } = spawnSync('qemu-system-x86_64', argv, {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (error) throw error;
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { major, minor } = answers[0].QMP.version.qemu;
  const entities = answers.find((answer) => Array.isArray(answer.return)).return;
  return {
    version: `${major}.${minor}`,
    schema: new Map(entities.map((/** @type {Entity} */ entity) => [entity.name, entity])),
  };
}

/** The file's text. Throws when the QEMU lacks something that we use. @param {ReturnType<typeof readQmpSchema>} qemu */
export function qmpTypes({ version, schema }) {
  /** @param {string | undefined} name @returns {Entity} */
  const find = (name) => {
    const entity = schema.get(name ?? '');
    if (!entity) throw new Error(`This QEMU (${version}) has no ${name}`);
    return entity;
  };
  /** @param {string | undefined} name @returns {string} */
  const type = (name) => {
    const entity = find(name);
    switch (entity['meta-type']) {
      case 'builtin':
        return { int: 'number', number: 'number', boolean: 'boolean' }[entity['json-type'] ?? ''] ?? 'string';
      case 'enum':
        return (entity.values ?? []).map((value) => `'${value}'`).join(' | ');
      case 'array':
        return `Array<${type(entity['element-type'])}>`;
      case 'object':
        return object(entity);
      default:
        return 'unknown';
    }
  };
  /** What depends on a tag is left out: we read nothing of it. @param {Entity} entity */
  const object = ({ members = [] }) =>
    members.length === 0
      ? 'object'
      : `{ ${members.map((one) => `${key(one.name)}${'default' in one ? '?' : ''}: ${type(one.type)}`).join('; ')} }`;
  /** @param {string} name */
  const key = (name) => (/^\w+$/.test(name) ? name : `'${name}'`);
  const lines = [
    `// Written by scripts/qmp-types.mjs from the schema of QEMU ${version}.`,
    '/** Commands that we use, by name. */',
    'export interface QmpCommands {',
    ...commands.map((name) => {
      const { 'arg-type': argument, 'ret-type': result } = find(name);
      return `  ${key(name)}: { arguments: ${type(argument)}; returns: ${type(result)} };`;
    }),
    '}',
    '/** Events that we react to, with their data. */',
    'export interface QmpEvents {',
    ...events.map((name) => `  ${key(name)}: ${type(find(name)['arg-type'])};`),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(file, qmpTypes(readQmpSchema()));
  console.log('types.gen.ts written');
}
