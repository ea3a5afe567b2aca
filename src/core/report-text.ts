/** Reports as they travel: JSON, with blanks behind it until it fills whole results. */
import { RESULT_BYTES } from './operation.ts';

const BLANK = 0x20;

export function encodeReport(report: object): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(report));
  const bytes = new Uint8Array(Math.ceil(text.length / RESULT_BYTES) * RESULT_BYTES);
  bytes.fill(BLANK, text.length);
  bytes.set(text);
  return bytes;
}
