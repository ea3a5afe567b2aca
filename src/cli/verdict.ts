/** What `bankd verify` says of one directory: as one JSON object, or in lines for people. */
import { DEFAULT_SCALE } from '../core/operation.ts';
import type { ControlVerdict } from '../verify/directory/control.ts';
import type { DirectoryVerdict } from '../verify/directory/directory.ts';
import type { Books } from '../verify/twin/twin-accounts.ts';
import { oneLine } from './quote.ts';

/** As in interface.md. */
export function verdictJson(verdict: DirectoryVerdict): object {
  const { directory, ok, lastSeq, commitSeq, digest, hash, head, fault, torn, accounts } = verdict;
  return {
    directory,
    ok,
    lastSeq,
    commitSeq,
    digest,
    head: { seq: lastSeq, hash },
    total: formatUnits(verdict.total),
    ...formatBooks(verdict.books),
    ...(head === undefined ? {} : { containsHead: head.found, headDetail: head.sentence }),
    ...(fault === undefined ? {} : { fault }),
    ...(torn === undefined ? {} : { torn }),
    ...(accounts === undefined ? {} : { accounts: Object.fromEntries(accounts.map(row)) }),
  };
}

export function verdictLines(verdict: DirectoryVerdict): readonly string[] {
  const { directory, lastSeq, commitSeq, digest, hash, fault, torn } = verdict;
  const { created, adjusted, deposited, withdrawn } = formatBooks(verdict.books);
  const counts = `${verdict.operations} operations, ${verdict.accountCount} accounts`;
  const tail = torn === undefined ? [] : [`  torn tail, no fault: ${oneLine(torn)}`];
  return [
    `${directory}: ${stateOf(fault)}`,
    `  seq ${lastSeq} (${commitSeq} known committed), ${counts}, digest ${digest}`,
    `  head ${lastSeq}:${hash}`,
    `  total ${formatUnits(verdict.total)} = created ${created} + adjusted ${adjusted}`
      + ` + deposited ${deposited} - withdrawn ${withdrawn}`,
    ...tail,
    ...(verdict.accounts ?? []).map((account) => `  ${row(account).join('  ')}`),
  ];
}

/** Of a frontend's directory. */
export function controlJson({ directory, ok, record, fault }: ControlVerdict): object {
  if (record === undefined) return { directory, ok, fault };
  const { cluster, epoch, view, commitFloor } = record;
  const members = view.members.map(({ id }) => id);
  return { directory, ok, cluster, epoch, view: view.number, members, commitFloor };
}

export function controlLines({ directory, record, fault }: ControlVerdict): readonly string[] {
  if (record === undefined) return [`${directory}: ${stateOf(fault)}`];
  const { epoch, view, commitFloor } = record;
  const members = view.members.map(({ id }) => id).join(', ');
  return [
    `${directory}: intact`,
    `  control record: epoch ${epoch}, view ${view.number} (backends ${members}), `
      + `decided at least up to seq ${commitFloor}`,
  ];
}

function stateOf(fault: string | undefined): string {
  return fault === undefined ? 'intact' : `DAMAGED: ${oneLine(fault)}`;
}

/** Exact, also where it is more than any one account can hold. */
export function formatUnits(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(DEFAULT_SCALE + 1, '0');
  const point = digits.length - DEFAULT_SCALE;
  return `${units < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function formatBooks({ created, adjusted, deposited, withdrawn }: Books) {
  return {
    created: formatUnits(created),
    adjusted: formatUnits(adjusted),
    deposited: formatUnits(deposited),
    withdrawn: formatUnits(withdrawn),
  };
}

function row([account, balance]: readonly [number, number]): readonly [string, string] {
  return [String(account), formatUnits(BigInt(balance))];
}
