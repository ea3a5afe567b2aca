/** Operations read back from their records and spelled out: for traces and tests, never hot. */
import {
  extensionAt, FLAG_ID, FLAG_KEY, FLAG_REFERENCE, FLAG_TERMS, ID_AT, ID_BYTES_MAX, KEY_BYTES_MAX,
  kindOf, recordsOf, type Kind, type Operation,
} from './operation.ts';
import { readPlainText } from './plain-text.ts';
import { readI64, RECORD_BYTES, REFERENCE_BYTES_MAX } from './record.ts';
import { readTerms, spellTerms } from './terms.ts';

/** The operation at `offset` and the offset after it; undefined where the record makes no sense. */
export function decodeOperation(
  batch: DataView,
  offset: number,
): { operation: Operation; next: number } | undefined {
  const kind = kindOf(batch.getUint8(offset));
  if (kind === undefined) return undefined;
  const flags = batch.getUint8(offset + 1);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const next = offset + recordsOf(flags) * RECORD_BYTES;
  if (next > batch.byteLength) return undefined;
  const terms = has(FLAG_TERMS)
    ? spellTerms(readTerms(batch, extensionAt(offset, flags, FLAG_TERMS))) : undefined;
  const reference = has(FLAG_REFERENCE)
    ? readPlainText(batch, next - RECORD_BYTES, REFERENCE_BYTES_MAX) : undefined;
  const operation: Operation = {
    kind,
    account: readI64(batch, offset + 8),
    toAccount: readI64(batch, offset + 16),
    amount: readI64(batch, offset + 24),
    scale: batch.getUint8(offset + 2),
    ...(has(FLAG_KEY) ? { key: readKey(batch, offset + RECORD_BYTES) } : {}),
    ...(terms === undefined ? {} : { terms }),
    ...(reference === undefined ? {} : { reference }),
    ...spellMovement(batch, offset, kind, flags),
  };
  return { operation, next };
}

function spellMovement(
  batch: DataView, offset: number, kind: Kind, flags: number,
): Pick<Operation, 'id' | 'forSeconds'> {
  const forSeconds = kind === 'hold' ? batch.getUint32(offset + 4, true) : 0;
  return {
    ...((flags & FLAG_ID) === 0 ? {} : { id: spellId(batch, offset + ID_AT) }),
    ...(forSeconds === 0 ? {} : { forSeconds }),
  };
}

function spellId(batch: DataView, at: number): string {
  const bytes = new Uint8Array(batch.buffer, batch.byteOffset + at, ID_BYTES_MAX);
  return String.fromCharCode(...bytes).replace(/\0.*$/s, '');
}

/** The key in the extension record at `offset`. */
function readKey(batch: DataView, offset: number): string {
  let key = '';
  for (let at = offset; at < offset + KEY_BYTES_MAX; at += 1) {
    const byte = batch.getUint8(at);
    if (byte === 0) break;
    key += String.fromCharCode(byte);
  }
  return key;
}
