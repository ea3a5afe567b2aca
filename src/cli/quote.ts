/**
 * How input is shown back to whoever typed it: on one line, short, and harmless to a terminal
 * whatever bytes it had.
 */
const SHOWN_MAX = 40;

/** The text in double quotes; what is not printable ASCII is escaped, what is long is cut. */
export function quote(text: string): string {
  const characters = [...text.slice(0, 2 * SHOWN_MAX)];
  const shown = characters.slice(0, SHOWN_MAX).map(escapeCharacter).join('');
  const cut = characters.length > SHOWN_MAX || text.length > 2 * SHOWN_MAX;
  return `"${shown}${cut ? '…' : ''}"`;
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  if (/^[\x20-\x7e]$/.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** A sentence from elsewhere, held to one line of text without control characters. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}
