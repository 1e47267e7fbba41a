import { gunzipSync } from 'node:zlib';
import { tinyromGzip } from './tinyrom/tinyrom.gen.ts';

/** The firmware of `tinyrom/tinyrom.S`, 64 KiB. A copy for the caller alone. */
export const tinyrom = (): Buffer => gunzipSync(Buffer.from(tinyromGzip, 'base64'));

/** How often its loops (`k`, `w`) count down, and what one turn is made of. */
export const spin = { turns: 2 ** 29, instructionsPerTurn: 2 } as const;
