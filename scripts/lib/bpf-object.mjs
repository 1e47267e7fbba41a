// Takes the programs out of an ELF file that clang made for BPF (64 bits, little-endian).

/** @typedef {import('../../src/host/bpf/btf.ts').Btf} Btf */
/** @typedef {import('../../src/host/bpf/object.ts').ProgramObject} ProgramObject */
/** @typedef {{ name: string, type: number, info: number, data: Buffer }} Section */

const relocationTable = 9; // SHT_REL
const loadClass = 1; // BPF_LDX
const fieldOffset = 0; // BPF_CORE_FIELD_BYTE_OFFSET

/**
 * The programs, each of which fills the section that is named after where it is attached.
 *
 * @param {Buffer} elf
 * @param {{ Btf: new (data: Buffer) => Btf, attachments: object }} known
 * @returns {ProgramObject[]}
 */
export function programsOf(elf, { Btf: Types, attachments }) {
  const sections = readSections(elf);
  const named = (/** @type {string} */ name) => sections.find((section) => section.name === name)?.data;
  const symbols = readSymbols(named('.symtab'), named('.strtab'));
  const fields = readFields(new Types(required(named('.BTF'))), required(named('.BTF.ext')));
  return sections.flatMap((section, index) => {
    if (!Object.hasOwn(attachments, section.name)) return [];
    const relocations = sections.find(({ type, info }) => type === relocationTable && info === index);
    return [
      {
        name: required(symbols.find((symbol) => symbol.section === index && symbol.isFunction)).name,
        attachment: /** @type {ProgramObject['attachment']} */ (section.name),
        code: section.data.toString('base64'),
        maps: readMaps(relocations?.data ?? Buffer.alloc(0), symbols),
        fields: (fields.get(section.name) ?? []).map(({ at, field }) =>
          checkedField(section.data, at, field),
        ),
      },
    ];
  });
}

/** @template T @param {T | undefined} value */
function required(value) {
  if (value === undefined) throw new Error('The object file lacks what clang -g writes');
  return value;
}

/** @param {Buffer} elf @returns {Section[]} */
function readSections(elf) {
  const [table, size, count, namesIndex] = [
    Number(elf.readBigUInt64LE(40)),
    elf.readUInt16LE(58),
    elf.readUInt16LE(60),
    elf.readUInt16LE(62),
  ];
  const heads = Array.from({ length: count }, (_, index) => elf.subarray(table + index * size));
  const bytes = (/** @type {Buffer | undefined} */ head) => {
    const at = Number(required(head).readBigUInt64LE(24));
    return elf.subarray(at, at + Number(required(head).readBigUInt64LE(32)));
  };
  const names = bytes(heads[namesIndex]);
  return heads.map((head) => ({
    name: textAt(names, head.readUInt32LE(0)),
    type: head.readUInt32LE(4),
    info: head.readUInt32LE(44),
    data: bytes(head),
  }));
}

/** @param {Buffer} table @param {number} offset */
const textAt = (table, offset) => table.toString('latin1', offset, table.indexOf(0, offset));

/** @param {Buffer | undefined} table @param {Buffer | undefined} names */
function readSymbols(table, names) {
  return chunks(required(table), 24).map((entry) => ({
    name: textAt(required(names), entry.readUInt32LE(0)),
    isFunction: (entry.readUInt8(4) & 15) === 2,
    section: entry.readUInt16LE(6),
  }));
}

/** @param {Buffer} relocations @param {{ name: string }[]} symbols @returns {[number, string][]} */
function readMaps(relocations, symbols) {
  return chunks(relocations, 16).map((entry) => [
    Number(entry.readBigUInt64LE(0)) / 8,
    required(symbols[entry.readUInt32LE(12)]).name.replace(/_map$/, ''),
  ]);
}

/**
 * The relocations of CO-RE, by section.
 *
 * @param {Btf} types
 * @param {Buffer} extension contents of .BTF.ext
 */
function readFields(types, extension) {
  const begin = extension.readUInt32LE(4) + extension.readUInt32LE(24);
  const end = begin + extension.readUInt32LE(28);
  const recordBytes = extension.readUInt32LE(begin);
  /** @type {Map<string, { at: number, field: string }[]>} */
  const bySection = new Map();
  for (let at = begin + 4; at < end; ) {
    const [name, count] = [types.text(extension.readUInt32LE(at)), extension.readUInt32LE(at + 4)];
    const records = chunks(extension.subarray(at + 8, at + 8 + count * recordBytes), recordBytes);
    bySection.set(
      name,
      records.map((record) => readField(types, record)),
    );
    at += 8 + count * recordBytes;
  }
  return bySection;
}

/** @param {Btf} types @param {Buffer} record */
function readField(types, record) {
  if (record.readUInt32LE(12) !== fieldOffset) throw new Error('Only plain reads of fields are understood');
  const field = types.pathOf(record.readUInt32LE(4), types.text(record.readUInt32LE(8)));
  return { at: record.readUInt32LE(0) / 8, field };
}

/** @param {Buffer} code @param {number} at @param {string} field @returns {[number, string]} */
function checkedField(code, at, field) {
  if ((code.readUInt8(at * 8) & 7) !== loadClass) throw new Error(`${field} is not read by a plain load`);
  return [at, field];
}

/** @param {Buffer} data @param {number} size */
const chunks = (data, size) =>
  Array.from({ length: data.length / size }, (_, index) => data.subarray(index * size, (index + 1) * size));
