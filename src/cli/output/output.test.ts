import { expect, test } from 'vitest';
import fc from 'fast-check';
import { FakeSurroundings, type Pretence } from '../fake-surroundings.ts';
import { factLines } from './facts.ts';
import { type Column, Output } from './output.ts';
import { formatTable } from './table.ts';
import { printable, textWidth, truncate } from './text.ts';

interface Row {
  name: string;
  state: string;
}

const columns: Column<Row>[] = [
  { head: 'NAME', text: ({ name }) => name },
  { head: 'STATE', text: ({ state }) => state, paint: () => 'green' },
];
const rows: Row[] = [
  { name: 'web1', state: 'RUNNING' },
  { name: 'db', state: 'STOPPED' },
];

async function shown(format: string, pretence: Pretence = {}, list: Row[] = rows): Promise<string> {
  const surroundings = new FakeSurroundings([], pretence);
  const output = new Output(surroundings, { isQuiet: false, isVerbose: false, isDebugging: false, format });
  await output.list(list, columns, list);
  await new Promise(setImmediate);
  return surroundings.out;
}

test('a table has lines around it, of the kind that the locale can show', async () => {
  expect(await shown('table')).toBe(
    '┌──────┬─────────┐\n│ NAME │ STATE   │\n├──────┼─────────┤\n│ web1 │ RUNNING │\n│ db   │ STOPPED │\n└──────┴─────────┘\n',
  );
  expect(await shown('table', { env: { LANG: 'C' } })).toContain('+------+---------+\n| NAME | STATE   |\n');
});

test('compact has no lines and nothing at the ends of lines', async () => {
  expect(await shown('compact')).toBe('NAME  STATE\nweb1  RUNNING\ndb    STOPPED\n');
});

test('json and yaml hold the whole documents', async () => {
  expect(JSON.parse(await shown('json'))).toEqual(rows);
  expect(await shown('yaml')).toBe('- name: web1\n  state: RUNNING\n- name: db\n  state: STOPPED\n');
});

test('csv has no heading, and quotes what needs it', async () => {
  expect(await shown('csv', {}, [{ name: 'a,"b"', state: 'x\ny' }])).toBe('"a,""b""","x\ny"\n');
});

test('colours are for terminals that want them', async () => {
  const green = '\u001b[32mRUNNING\u001b[39m';
  expect(await shown('compact', { isTerminal: true, hasColours: true })).toContain(green);
  expect(await shown('compact', { isTerminal: true, hasColours: false })).not.toContain('\u001b');
  expect(await shown('compact', { isTerminal: false, hasColours: true })).not.toContain('\u001b');
});

test('no line is wider than the terminal, and the widest column gives way', async () => {
  const list = [{ name: 'web1', state: 'a long story about what it does' }];
  const text = await shown('table', { isTerminal: true, columns: 30 }, list);
  expect(Math.max(...text.split('\n').map(textWidth))).toBe(30);
  expect(text).toContain('web1');
  expect(text).toContain('…');
});

test('where there is no terminal nothing is cut', async () => {
  const list = [{ name: 'web1', state: 'a long story about what it does'.repeat(9) }];
  expect(await shown('table', { columns: 30 }, list)).toContain(list[0]?.state);
});

test('every line of a table is equally wide, whatever stands in it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string()), { minLength: 1 }),
      (texts) => {
        const table = formatTable({
          head: ['A', 'B'],
          rows: texts.map((row) => row.map((text) => ({ text }))),
          borders: 'unicode',
          headStyle: (text) => text,
          maxWidth: 40,
        });
        const widths = new Set(table.trimEnd().split('\n').map(textWidth));
        expect(widths.size).toBe(1);
        expect([...widths][0]).toBeLessThanOrEqual(40);
      },
    ),
  );
});

test('wide characters take two columns, combining ones and colours none', () => {
  expect(textWidth('日本')).toBe(4);
  expect(textWidth('e\u0301')).toBe(1);
  expect(textWidth('\u001b[31mred\u001b[39m')).toBe(3);
  expect(truncate('日本語', 5)).toBe('日本…');
  expect(truncate('日本語', 4)).toBe('日…');
});

test('escape sequences in texts from elsewhere are shown, not obeyed', () => {
  expect(printable('web\u001b[2J\u0007')).toBe('web\\x1b[2J\\x07');
  expect(factLines({ Description: 'a\u001b[31m\nb' })).toBe('Description: a\\x1b[31m↵b\n');
});

test('facts are indented below their names, and empty ones are left out', () => {
  expect(factLines({ Name: 'web1', Empty: '', Nothing: {}, Memory: { Used: '1MiB', Swap: '' } })).toBe(
    'Name: web1\nMemory:\n  Used: 1MiB\n',
  );
});
