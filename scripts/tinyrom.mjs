#!/usr/bin/env node
// Assembles the firmware src/host/kvm/tinyrom/tinyrom.S into tinyrom.gen.ts beside it, packed. Needs binutils (as, ld);
// the result is committed, so that only who changes the firmware needs them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../src/host/kvm/tinyrom');

/** @returns the 64 KiB of the firmware */
export function assembleTinyrom() {
  const scratch = mkdtempSync(join(tmpdir(), 'wadah-tinyrom-'));
  const [object, image] = [join(scratch, 'tinyrom.o'), join(scratch, 'tinyrom.bin')];
  try {
    execFileSync('as', ['--32', '-o', object, join(folder, 'tinyrom.S')]);
    execFileSync('ld', ['-m', 'elf_i386', '-Ttext', '0xF0000', '--oformat', 'binary', '-o', image, object]);
    return readFileSync(image);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const packed = gzipSync(assembleTinyrom(), { level: 9 }).toString('base64');
  const text = `// Written by scripts/tinyrom.mjs from tinyrom.S.\nexport const tinyromGzip =\n  '${packed}';\n`;
  writeFileSync(join(folder, 'tinyrom.gen.ts'), text);
  console.log(`tinyrom.gen.ts written: ${packed.length} characters`);
}
