/** Writes result records in place: into zeroed bytes, once each, without an object. */
import { CODE, DEFAULT_SCALE, KIND, OF_THE_WRITE, REASON, writeI64 } from './operation.ts';
import type { FirstAnswer } from './run-ring.ts';

export type CodeByte = (typeof CODE)[keyof typeof CODE];
export type ReasonNumber = (typeof REASON)[keyof typeof REASON];

/** Code, kind and scale: all of a result that tells nothing more. */
export function writeCode(results: DataView, at: number, code: CodeByte, kind: number): void {
  results.setUint8(at, code);
  results.setUint8(at + 1, kind);
  results.setUint8(at + 2, DEFAULT_SCALE);
}

export function writeBadRequest(
  results: DataView, at: number, kind: number, reason: ReasonNumber,
): void {
  writeCode(results, at, CODE.badRequest, kind);
  results.setUint32(at + 4, reason, true);
}

/** A result that tells of an account. */
export function writeAccount(
  results: DataView, at: number, code: CodeByte, kind: number, account: number, balance: number,
): void {
  writeCode(results, at, code, kind);
  writeI64(results, at + 8, account);
  writeI64(results, at + 16, balance);
}

/** Where the first answer stands: of a group's, it is so many behind it, details not counted. */
export function writeDuplicate(
  results: DataView, at: number, kind: number, { seq, index }: FirstAnswer, behind = 0,
): void {
  writeAccount(results, at, CODE.duplicate, kind, seq, index);
  writeI64(results, at + 24, behind);
}

/** Where the first answer of the write stands whose details are asked for. */
export function writeDetailsElsewhere(
  results: DataView, at: number, write: FirstAnswer, behind = 0,
): void {
  writeDuplicate(results, at, KIND.details, write, behind);
  results.setUint32(at + 4, OF_THE_WRITE, true);
}

/** `ok` of an operation on an account. Of the version the low 32 bits. */
export function writeDone(
  results: DataView, at: number, kind: number, account: number, balance: number, version: number,
): void {
  writeAccount(results, at, CODE.ok, kind, account, balance);
  results.setUint32(at + 4, version, true);
}
