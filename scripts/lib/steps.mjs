import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { styleText } from 'node:util';

/** @typedef {{ name: string, argv: string[], env?: Record<string, string> }} Step */
/** @typedef {{ name: string, isOk: boolean, output: string }} StepResult */

/** Colours where people look, plain text where programs do. @type {(format: 'red' | 'green' | 'bold' | 'dim', text: string) => string} */
export const paint = (format, text) =>
  process.stdout.isTTY && !process.env['NO_COLOR'] ? styleText(format, text) : text;

/** @param {string} text */
export const heading = (text) => console.log(`\n${paint('bold', text)}`);

/** Asks programs for plain text where nobody looks. @returns {Record<string, string>} */
const plainOutput = () => (process.stdout.isTTY ? {} : { NO_COLOR: '1' });

/** @param {number} sinceMs of `performance.now()` */
export const seconds = (sinceMs) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

/**
 * Runs all steps, one after the other, each with a line of its own. What a failed one said comes at the end.
 *
 * @param {Step[]} steps
 * @returns {Promise<StepResult[]>}
 */
export async function runSteps(steps) {
  const width = Math.max(...steps.map(({ name }) => name.length));
  /** @type {StepResult[]} */
  const results = [];
  for (const step of steps) {
    const begin = performance.now();
    process.stdout.write(`  ${step.name.padEnd(width)}  `);
    const result = await runQuietly(step);
    console.log(
      `${result.isOk ? paint('green', 'ok') : paint('red', 'FAILED')}  ${paint('dim', seconds(begin))}`,
    );
    results.push(result);
  }
  for (const { name, output } of results.filter(({ isOk }) => !isOk)) {
    console.log(`\n${paint('red', `✗ ${name}`)}\n${output.trimEnd()}`);
  }
  return results;
}

/**
 * @param {Step} step
 * @returns {Promise<StepResult>}
 */
function runQuietly({ name, argv: [program = '', ...args], env }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...plainOutput(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) => resolve({ name, isOk: false, output: String(error) }));
    child.on('close', (code) => resolve({ name, isOk: code === 0, output }));
  });
}

/**
 * Runs a program that talks to the person directly.
 *
 * @param {string[]} argv
 * @param {Record<string, string>} [env] in addition to ours
 * @param {{ isApart?: boolean }} [how] `isApart`: what is typed, Ctrl-C too, does not reach it
 * @returns {Promise<number>} its exit status; 128 when a signal ended it
 */
export function runLoudly([program = '', ...args], env, { isApart = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...plainOutput(), ...env },
      stdio: isApart ? ['ignore', 'inherit', 'inherit'] : 'inherit',
      detached: isApart,
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
}

/** Runs a command of ours; what goes wrong is told in one line and makes the exit status 1. @param {() => Promise<void>} command */
export async function main(command) {
  try {
    await command();
  } catch (error) {
    console.error(`\n${paint('red', 'Error')}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

/** Ends with a word where the person is not root. @param {string} command as it is typed, such as `npm stop` */
export function requireRoot(command) {
  if (process.getuid?.() === 0) return;
  console.error(`Error: only root may do that\nRun: sudo ${command}`);
  process.exit(1);
}
