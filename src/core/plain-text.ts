/** Short texts of users in fixed fields: UTF-8, then zeros. */

/**
 * 1 to so many bytes of UTF-8 without control characters or line ends, and no blank at either end.
 */
export function isPlainText(text: string, bytesMax: number): boolean {
  const { length } = new TextEncoder().encode(text);
  return length >= 1 && length <= bytesMax && text.isWellFormed()
    && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text) && text.trim() === text;
}

/** The text in the field of so many bytes at `at`; undefined where none stands there. */
export function readPlainText(batch: DataView, at: number, bytesMax: number): string | undefined {
  let length = 0;
  while (length < bytesMax && batch.getUint8(at + length) !== 0) length += 1;
  for (let rest = length; rest < bytesMax; rest += 1) {
    if (batch.getUint8(at + rest) !== 0) return undefined;
  }
  const bytes = new Uint8Array(batch.buffer, batch.byteOffset + at, length);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return isPlainText(text, bytesMax) ? text : undefined;
  } catch {
    return undefined;
  }
}
