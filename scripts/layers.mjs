#!/usr/bin/env node
// Holds the table of layers of ARCHITECTURE.md: imports point down, enter a folder by its interface, make no circle.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What the files of each folder of src/ may import besides their own folder. `types`: only as types.
 *
 * @type {Record<string, { from: string[] | '*', types?: string[] }>}
 */
const layers = {
  base: { from: [] },
  model: { from: ['base'] },
  store: { from: ['model', 'base'] },
  host: { from: ['model', 'base'] },
  engine: { from: ['host', 'model', 'base'] },
  image: { from: ['host', 'model', 'base'] },
  operation: { from: ['store', 'model', 'base'] },
  service: { from: ['operation', 'engine', 'image', 'host', 'store', 'model', 'base'] },
  contract: { from: ['model', 'base'] },
  api: { from: ['service', 'operation', 'contract', 'model', 'base'] },
  client: { from: ['model', 'base'], types: ['contract'] },
  cli: { from: ['client', 'model', 'base'], types: ['contract'] },
  vz: { from: ['client', 'model', 'base'], types: ['contract'] },
  daemon: { from: '*' },
};

/** Folders whose subfolders are units of their own, each entered by a file that lies directly in it. */
const grouped = ['host', 'service'];

/** Packages that one folder hides from all others. @type {Record<string, string[]>} */
const packageOwners = {
  koffi: ['host/sys'],
  lmdb: ['store/embedded'],
  fastify: ['api'],
  typebox: ['contract', 'api'],
  commander: ['cli'],
  '@bomb.sh/tab': ['cli'],
};

/**
 * @typedef {{ file: string, specifier: string, isType: boolean, target: string | undefined }} Import
 * `file` and `target` are relative to src/; `target` is absent for packages.
 */

/** @param {string} folder */
function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .toSorted();
}

const statement = /^(?:import|export)\s+(type\s+)?[\w$*{},\s]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const sideEffect = /^import\s*(type\s+)?['"]([^'"]+)['"]/gm;
const dynamic = /\b(typeof\s+)?import\(\s*['"]([^'"]+)['"]\s*\)/g;

/**
 * @param {string} folder absolute path of src/
 * @param {string} file
 * @returns {Import[]}
 */
function importsOf(folder, file) {
  const text = readFileSync(join(folder, file), 'utf8');
  return [statement, sideEffect, dynamic].flatMap((pattern) =>
    Array.from(text.matchAll(pattern), ([, type, specifier = '']) => ({
      file,
      specifier,
      isType: type !== undefined,
      target: targetOf(file, specifier),
    })),
  );
}

/**
 * @param {string} file
 * @param {string} specifier
 */
function targetOf(file, specifier) {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : undefined;
}

/** @param {string} file */
const areaOf = (file) => file.split('/')[0] ?? '';

/** The folder that outsiders enter by a file directly inside. @param {string} file */
function unitOf(file) {
  const [area = '', sub = '', ...rest] = file.split('/');
  return grouped.includes(area) && rest.length > 0 ? `${area}/${sub}` : area;
}

/** Tests may reach for the fakes inside other folders. @param {string} file */
const isTest = (file) => /(\.test|-suite)\.ts$|\/test-[^/]+\.ts$/.test(file);

/**
 * @param {Import} found
 * @param {Set<string>} files
 * @returns {string[]} what is wrong with it
 */
function judge(found, files) {
  const { file, specifier, target } = found;
  if (target === undefined) return judgePackage(file, specifier);
  if (target.endsWith('.json')) return []; // data
  if (target.startsWith('../') && isTest(file)) return []; // a script that makes what the test looks at
  if (!files.has(target)) return [`${file}: "${specifier}" names no file`];
  const [from, to] = [areaOf(file), areaOf(target)];
  const wrong = [];
  if (from === to && specifier.startsWith('#'))
    wrong.push(`${file}: "${specifier}" is near: import it relatively`);
  if (from !== to && specifier.startsWith('.'))
    wrong.push(`${file}: "${specifier}" leaves ${from}/: use #${target}`);
  if (!mayImport(from, to, found.isType)) wrong.push(`${file}: ${from} must not import ${target}`);
  if (isDeep(file, target))
    wrong.push(`${file}: ${target} is inside ${unitOf(target)}/: import what names its interface`);
  return wrong;
}

/** @param {string} file @param {string} specifier */
function judgePackage(file, specifier) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const owners = packageOwners[name];
  if (owners === undefined || owners.some((owner) => file.startsWith(`${owner}/`))) return [];
  return [`${file}: only ${owners.join(' and ')} may import ${name}`];
}

/** @param {string} from @param {string} to @param {boolean} isType */
function mayImport(from, to, isType) {
  const rule = layers[from];
  if (from === to || rule?.from === '*') return true;
  return rule !== undefined && (rule.from.includes(to) || (isType && rule.types?.includes(to) === true));
}

/** @param {string} file @param {string} target */
function isDeep(file, target) {
  if (unitOf(file) === unitOf(target) || areaOf(file) === 'daemon' || isTest(file)) return false;
  return dirname(target) !== unitOf(target);
}

/**
 * @param {Import[]} imports
 * @returns {string[]} each circle of files that need each other when they run, once
 */
function circles(imports) {
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const { file, target, isType } of imports) {
    if (target !== undefined && !isType) graph.set(file, [...(graph.get(file) ?? []), target]);
  }
  const done = new Set();
  /** @type {string[]} */
  const found = [];
  /** @param {string} file @param {string[]} path */
  const visit = (file, path) => {
    if (path.includes(file)) found.push(`circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
    if (done.has(file) || path.includes(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/**
 * @param {string} folder absolute path of src/
 * @returns {{ violations: string[], fileCount: number, importCount: number }}
 */
export function checkLayers(folder) {
  const files = sourceFiles(folder);
  const known = new Set(files);
  const imports = files.flatMap((file) => importsOf(folder, file));
  const violations = [...imports.flatMap((found) => judge(found, known)), ...circles(imports)];
  return { violations, fileCount: files.length, importCount: imports.length };
}

/** A check that has nothing to look at holds nothing. */
const leastFiles = 300;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const src = join(dirname(fileURLToPath(import.meta.url)), '../src');
  const { violations, fileCount, importCount } = checkLayers(src);
  for (const violation of violations) console.error(violation);
  console.log(`${importCount} imports of ${fileCount} files in ${relative(process.cwd(), src)}/ checked`);
  if (fileCount < leastFiles) console.error(`Expected at least ${leastFiles} files: was everything read?`);
  process.exitCode = violations.length > 0 || fileCount < leastFiles ? 1 : 0;
}
