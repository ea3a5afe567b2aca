/** How every command reaches a running bank. */
import { Client } from '../host/client.ts';
import type { BankAddress } from '../host/server-options.ts';

/**
 * The rest of the second within which an unreachable bank is told is for the start of the process.
 */
const CONNECT_TIMEOUT_MS = 600;

/** Throws `Unreachable` where there is no bank. */
export function connectTo(
  { host, port }: BankAddress,
  timeoutMs: number,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
): Promise<Client> {
  return Client.connect({ host, port, timeoutMs, connectTimeoutMs });
}
