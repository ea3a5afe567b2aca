/**
 * Carries out one parsed line at a bank and gives the answer to it: what prompt, pipe and arguments
 * share.
 */
import { assert } from '../core/assert.ts';
import type { Operation } from '../core/operation.ts';
import type { Outcome } from '../core/outcome.ts';
import { NoReport, readAccounts } from '../host/account-reports.ts';
import { fetchStatus } from '../host/fetch-status.ts';
import { BeyondHistory } from '../host/history-pages.ts';
import {
  answerAccount, answerAccounts, answerBadRequest, answerBeyond, answerHelp, answerOutcome,
  answerQuit, answerStatus, answerTrial, answerTrialBalance, answerUnavailable, type Answer,
} from './answer.ts';
import type { BankClient } from './bank-client.ts';
import type { OperationCommand } from './command-language.ts';
import {
  answerEmptyGroup, answerGroup, answerGroupWord, answerQueued,
} from './group-answer.ts';
import type { Asked, Commit } from './group-reader.ts';
import type { Watch } from './replay-progress.ts';

/** So long the end of a session is waited for: who leaves is not kept by a bank that is down. */
const QUIT_PATIENCE_MS = 1_000;

export interface CarryOutOptions {
  /** The answers to writes are full. */
  readonly details?: boolean;
  /** Shows how far what takes long has come. */
  readonly watch?: Watch;
}

/** Never rejects but for a bug. */
export async function carryOut(
  client: BankClient, asked: Asked, { details = false, watch }: CarryOutOptions = {},
): Promise<Answer> {
  switch (asked.type) {
    case 'bad':
      return answerBadRequest(asked);
    case 'operation':
      if (asked.at !== undefined) return askPast(client, asked, watch);
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
  const { operation } = asked;
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

/** Which takes as long as it takes to go through the history. */
async function askPast(
  client: BankClient, asked: OperationCommand, watch: Watch | undefined,
): Promise<Answer> {
  const { word, at } = asked;
  assert(word === 'trial' && at !== undefined, 'a form that takes a moment is answered here');
  using progress = watch?.(`${word.toUpperCase()} AT`);
  const onProgress = (seq: number, lastSeq: number): void => progress?.show(seq, lastSeq);
  try {
    return answerTrialBalance(asked, null, await client.trialBalance({ at, onProgress }));
  } catch (error) {
    if (error instanceof NoReport) return answerOutcome(asked, error.outcome);
    if (error instanceof BeyondHistory) return answerBeyond(asked, error.message);
    throw error;
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
