/**
 * Carries out one parsed line at a bank and gives the answer to it: what prompt, pipe and arguments
 * share.
 */
import type { Operation } from '../core/operation.ts';
import type { Outcome } from '../core/outcome.ts';
import { NoReport, readAccounts } from '../host/account-reports.ts';
import { fetchStatus } from '../host/fetch-status.ts';
import {
  answerAccount, answerAccounts, answerBadRequest, answerHelp, answerOutcome, answerQuit,
  answerStatus, answerTrial, answerUnavailable, type Answer,
} from './answer.ts';
import type { BankClient } from './bank-client.ts';
import type { OperationCommand } from './command-language.ts';
import {
  answerEmptyGroup, answerGroup, answerGroupWord, answerQueued,
} from './group-answer.ts';
import type { Asked, Commit } from './group-reader.ts';

/** So long the end of a session is waited for: who leaves is not kept by a bank that is down. */
const QUIT_PATIENCE_MS = 1_000;

/** Never rejects but for a bug. `details`: the answers to writes are full. */
export async function carryOut(
  client: BankClient, asked: Asked, details = false,
): Promise<Answer> {
  switch (asked.type) {
    case 'bad':
      return answerBadRequest(asked);
    case 'operation':
      return askLedger(client, asked, details);
    case 'begin':
    case 'rollback':
      return answerGroupWord(asked.type);
    case 'queued':
      return answerQueued(asked);
    case 'commit':
      return askGroup(client, asked, details);
    case 'help':
      return answerHelp();
    case 'status':
      return askStatus(client);
    case 'quit':
      await endSession(client);
      return answerQuit();
  }
}

/** Ends the session everywhere, as far as that can be had in time. */
export async function endSession(client: BankClient): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, QUIT_PATIENCE_MS);
  try {
    await Promise.race([client.quit(), patience.promise]);
  } catch {
    // The connection is gone, and with it the session at the frontend.
  } finally {
    clearTimeout(timer);
  }
}

async function askLedger(
  client: BankClient, asked: OperationCommand, details: boolean,
): Promise<Answer> {
  const { word, operation, at } = asked;
  if (at !== undefined) return answerUnavailable(word, 'the past can not be asked about yet');
  switch (operation.kind) {
    case 'account':
      return answerAccount(asked, await client.submit(operation));
    case 'trial':
      return answerTrial(asked, await client.submit(operation));
    case 'accounts':
      return askAccounts(client, asked);
    default:
      return answerOutcome(asked, await client.submit(operation, { details }));
  }
}

async function askGroup(
  client: BankClient, { commands, key }: Commit, details: boolean,
): Promise<Answer> {
  if (commands.length === 0) return answerEmptyGroup();
  const operations = commands.map(({ operation }) => operation);
  const options = { details, ...(key === undefined ? {} : { key }) };
  return answerGroup(commands, await client.group(operations, options));
}

async function askAccounts(client: BankClient, asked: OperationCommand): Promise<Answer> {
  try {
    const submit = (operation: Operation): Promise<Outcome> => client.submit(operation);
    return answerAccounts(asked, await readAccounts(submit, asked.operation));
  } catch (error) {
    if (error instanceof NoReport) return answerOutcome(asked, error.outcome);
    throw error;
  }
}

async function askStatus(client: BankClient): Promise<Answer> {
  const report = await fetchStatus(client);
  if (report !== undefined) return answerStatus(report);
  return answerUnavailable('status', 'the frontend did not answer');
}
