import { openApiDocument } from './document.ts';

/** The text of `docs/reference/openapi.json`. */
export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(), undefined, 2)}\n`;
}
