import { stripVTControlCharacters } from 'node:util';

// Unicode's East Asian Wide and Fullwidth blocks, joined where only unassigned characters lie between.
const wide =
  /[\u1100-\u115f\u231a\u231b\u2e80-\u303e\u3041-\u3247\u3250-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2fb}\u{1f200}-\u{1f320}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const invisible = /[\p{Mn}\p{Me}\p{Cf}]/u;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\u0000-\u001f\u007f-\u009f]/g;
const plainAscii = /^[\x20-\x7e]*$/;

function characterWidth(character: string): number {
  if (invisible.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** How many columns of a terminal a text takes; colours take none. */
export function textWidth(text: string): number {
  const shown = stripVTControlCharacters(text);
  if (plainAscii.test(shown)) return shown.length;
  let width = 0;
  for (const character of shown) width += characterWidth(character);
  return width;
}

/** Cuts an uncoloured text to `width` columns and says so by an ellipsis. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/**
 * A text from elsewhere, fit for a terminal: escape sequences in a name or description must not move the
 * cursor, change colours or type for the user.
 */
export function printable(text: string): string {
  return text.replace(control, (character) => {
    if (character === '\n') return '↵';
    if (character === '\t') return ' ';
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** As `printable`, but lines stay lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Paragraphs without the line ends within them: whoever shows them breaks lines where his screen ends. */
export const flowing = (text: string): string => text.replaceAll(/(?<!\n)\n(?!\n)/g, ' ');
