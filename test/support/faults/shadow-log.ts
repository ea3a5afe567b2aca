/**
 * The log that a process under test leaves of all that it did to its files, so that the harness can
 * tell afterwards what of it was durable.
 *
 * A record: u32 length of the head (little-endian), the head (JSON), then `length` bytes of what
 * was written, unless they were zeros. What begins is logged before the call, and its end after it:
 * a call without an end was under way when the process was killed.
 */
import { readFileSync } from 'node:fs';

export type ShadowHead =
  /** A process starts: what the one before had under way has no end any more. */
  | { readonly what: 'boot' }
  /** A file that was not there is made. */
  | { readonly what: 'create'; readonly call: number; readonly path: string }
  /** A file that was there is emptied. */
  | { readonly what: 'empty'; readonly call: number; readonly path: string }
  | { readonly what: 'opened'; readonly fd: number; readonly path: string }
  | {
      readonly what: 'write'; readonly call: number; readonly fd: number;
      readonly at: number; readonly length: number; readonly zeros: boolean;
    }
  | { readonly what: 'sync'; readonly call: number; readonly fd: number }
  | { readonly what: 'rename'; readonly call: number; readonly from: string; readonly to: string }
  | { readonly what: 'unlink'; readonly call: number; readonly path: string }
  | { readonly what: 'mkdir'; readonly call: number; readonly path: string }
  /** The call is over; it had no error. */
  | { readonly what: 'done'; readonly call: number };

export interface ShadowRecord {
  readonly head: ShadowHead;
  /** What was written; undefined where it was zeros, or nothing. */
  readonly bytes: Uint8Array | undefined;
}

export function encodeShadow(head: ShadowHead): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
}

/** All records; one that is cut off at the end never began. */
export function readShadow(path: string): ShadowRecord[] {
  const file = readFileSync(path);
  const records: ShadowRecord[] = [];
  let at = 0;
  while (at + 4 <= file.length) {
    const headEnd = at + 4 + file.readUInt32LE(at);
    if (headEnd > file.length) break;
    const head = JSON.parse(file.toString('utf8', at + 4, headEnd)) as ShadowHead;
    const payload = head.what === 'write' && !head.zeros ? head.length : 0;
    if (headEnd + payload > file.length) break;
    const bytes = payload === 0 ? undefined : file.subarray(headEnd, headEnd + payload);
    records.push({ head, bytes });
    at = headEnd + payload;
  }
  return records;
}
