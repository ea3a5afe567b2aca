/**
 * Carries out one parsed line at a bank and gives the answer to it: what prompt, pipe and arguments
 * share.
 */
import { assert } from '../core/assert.ts';
import type { Moment } from '../core/moment.ts';
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
import { answerPastBalance, answerStatement } from './statement-answer.ts';
import { linesOf } from './statement-parts.ts';

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
      if (asked.at !== undefined) return askPast(client, asked, asked.at, watch);
      return askLedger(client, asked, details, watch);
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
  client: BankClient, asked: OperationCommand, details: boolean, watch: Watch | undefined,
): Promise<Answer> {
  const { operation } = asked;
  switch (operation.kind) {
    case 'account':
      return answerAccount(asked, await client.submit(operation));
    case 'trial':
      return answerTrial(asked, await client.submit(operation));
    case 'accounts':
      return askAccounts(client, asked);
    case 'statement':
      return askStatement(client, asked, watch);
    default:
      return answerOutcome(asked, await client.submit(operation, { details }));
  }
}

/** Which takes as long as it takes to go through the history. */
async function askPast(
  client: BankClient, asked: OperationCommand, at: Moment, watch: Watch | undefined,
): Promise<Answer> {
  const { word, operation: { account = 0 } } = asked;
  assert(word === 'trial' || word === 'query', 'a form that takes a moment is answered here');
  using progress = watch?.(`${word.toUpperCase()} AT`);
  return unlessRefused(asked, async () => {
    if (word === 'query') {
      const onProgress = (lookedAt: number): void => progress?.showCount(lookedAt, 'postings');
      return answerPastBalance(asked, at, await client.balanceAt(account, at, { onProgress }));
    }
    const onProgress = (seq: number, lastSeq: number): void => progress?.show(seq, lastSeq);
    return answerTrialBalance(asked, null, await client.trialBalance({ at, onProgress }));
  });
}

async function askStatement(
  client: BankClient, asked: OperationCommand, watch: Watch | undefined,
): Promise<Answer> {
  const { operation: { account = 0 }, statement = {} } = asked;
  const { from, to, after } = statement;
  using progress = watch?.('STATEMENT');
  const onProgress = (lookedAt: number): void => progress?.showCount(lookedAt, 'postings');
  const options = { from, to, after, limit: linesOf(statement), onProgress };
  return unlessRefused(asked, async () =>
    answerStatement(asked, await client.statement(account, options)));
}

async function unlessRefused(
  asked: OperationCommand, ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask();
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

function askAccounts(client: BankClient, asked: OperationCommand): Promise<Answer> {
  const submit = (operation: Operation): Promise<Outcome> => client.submit(operation);
  return unlessRefused(asked, async () =>
    answerAccounts(asked, await readAccounts(submit, asked.operation)));
}

async function askStatus(client: BankClient): Promise<Answer> {
  const report = await fetchStatus(client);
  if (report !== undefined) return answerStatus(report);
  return answerUnavailable('status', 'the frontend did not answer');
}
