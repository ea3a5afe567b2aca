/** The truth about the setting: what the figures were measured on, and what bounds them there. */
import { dirname } from 'node:path';
import { isLoopback, formatAddress } from '../host/address.ts';
import type { BankAddress } from '../host/server-options.ts';
import type { StatusReport } from '../host/status-report.ts';
import {
  describeMachine, fileSystemOf, measureFdatasync, measureRoundTrip, type Bound,
} from './machine.ts';
import type { BooksResult, SettingResult } from './result.ts';

/** What the machine can do without the bank. */
export interface Bounds {
  readonly fdatasyncMs: Bound | null;
  readonly roundTripMs: Bound | null;
}

/** Before the load. `directory`: where the bank's data is; undefined: not on this machine. */
export async function measureBounds(directory: string | undefined): Promise<Bounds> {
  return {
    fdatasyncMs: (directory === undefined ? undefined : measureFdatasync(directory)) ?? null,
    roundTripMs: await measureRoundTrip(),
  };
}

/** The parent of the backends' directories; undefined where they are not on this machine. */
export function directoryOf({ backends }: StatusReport, host: string): string | undefined {
  const directory = isLoopback(host) ? backends[0]?.directory : undefined;
  return directory === undefined || directory === null ? undefined : dirname(directory);
}

export function describeSetting(
  kind: SettingResult['bank'], address: BankAddress, status: StatusReport, bounds: Bounds,
  books: BooksResult | null,
): SettingResult {
  const directory = directoryOf(status, address.host);
  const { version } = status.frontend;
  const { copies } = status;
  return {
    type: 'setting',
    version: typeof version === 'string' ? version : null,
    bank: kind,
    address: formatAddress(address.host, address.port),
    replicas: status.backends.length,
    inSync: copies,
    durability: `each answer executed and fsynced on ${copies} of ${status.backends.length}` +
      ' backends before it is given',
    directory: directory ?? null,
    fileSystem: (directory === undefined ? undefined : fileSystemOf(directory)) ?? null,
    machine: describeMachine(),
    ...bounds,
    books,
  };
}
