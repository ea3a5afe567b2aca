/**
 * Reads the lines of a session, and gathers those between BEGIN and COMMIT: a group, which is sent
 * as one request.
 *
 * Keeps true: what is committed is what was typed. A line that was meant for the group and did not
 * get into it makes its COMMIT a bad request that does nothing (as EXECABORT of Redis).
 */
import { GROUP_OPERATIONS_MAX, type Operation } from '../core/operation.ts';
import { GROUP_KINDS } from '../host/group-outcome.ts';
import {
  bad, parseLine, type BadRequest, type Command, type Nothing, type OperationCommand,
  type ParsedLine,
} from './command-language.ts';
import { findForm, type CommandWord } from './command-words.ts';
import { NOTHING_OF_GROUP } from './refusal.ts';

/** It is in the group, as its `count`th. */
export interface Queued {
  readonly type: 'queued';
  readonly word: CommandWord;
  readonly count: number;
}

export interface Commit {
  readonly type: 'commit';
  readonly commands: readonly OperationCommand[];
  /** Of the whole group. */
  readonly key?: string;
}

/** What a line asks for, once it is known whether it stands in a group. */
export type Asked =
  | Command | BadRequest | Queued | Commit
  | { readonly type: 'begin' }
  | { readonly type: 'rollback' };

interface OpenGroup {
  readonly key: string | undefined;
  readonly commands: OperationCommand[];
  /** A line that belongs to it is missing. */
  isSpoiled: boolean;
}

const ENDS = 'COMMIT or ROLLBACK ends it';

export class GroupReader {
  #open: OpenGroup | undefined;

  /** How many commands are in the open group, and whether it can be committed. */
  get open(): { readonly count: number; readonly isSpoiled: boolean } | undefined {
    return this.#open && { count: this.#open.commands.length, isSpoiled: this.#open.isSpoiled };
  }

  /** What there is to say at the end of a session, where nobody ended the group. */
  get leftOpen(): string | undefined {
    return this.#open && 'the group was never committed: nothing of it happened';
  }

  read(line: string): Asked | Nothing {
    const parsed = parseLine(line);
    if (this.#open !== undefined) return this.#readInside(this.#open, parsed);
    switch (parsed.type) {
      case 'begin':
        this.#open = { key: parsed.key, commands: [], isSpoiled: false };
        return { type: 'begin' };
      case 'commit':
      case 'rollback':
        return bad(parsed.type, 'no group is open; BEGIN opens one');
      default:
        return parsed;
    }
  }

  #readInside(group: OpenGroup, parsed: ParsedLine): Asked | Nothing {
    switch (parsed.type) {
      case 'nothing':
      case 'help':
      case 'quit':
        return parsed;
      case 'bad':
        group.isSpoiled = true;
        return parsed;
      case 'begin':
        group.isSpoiled = true;
        return bad('begin', `a group is open already; ${ENDS}`);
      case 'status':
        return bad('status', `STATUS has to wait: a group is open, and ${ENDS}`);
      case 'operation':
        return queue(group, parsed);
      case 'rollback':
        this.#open = undefined;
        return { type: 'rollback' };
      case 'commit':
        this.#open = undefined;
        if (!group.isSpoiled) return commitOf(group);
        return bad('commit', `a line of the group was a bad request; ${NOTHING_OF_GROUP}`);
    }
  }
}

function commitOf({ commands, key }: OpenGroup): Commit {
  return { type: 'commit', commands, ...(key === undefined ? {} : { key }) };
}

function queue(group: OpenGroup, command: OperationCommand): Queued | BadRequest {
  const { word, operation } = command;
  const { commands } = group;
  const trouble = commands.length < GROUP_OPERATIONS_MAX
    ? refuseInGroup(word, operation)
    : `a group has at most ${GROUP_OPERATIONS_MAX} commands`;
  if (trouble === undefined) return { type: 'queued', word, count: commands.push(command) };
  // What only looks is not missed by a group.
  if (findForm(word)?.isWrite === true) group.isSpoiled = true;
  return bad(word, trouble);
}

function refuseInGroup(word: CommandWord, { kind, key, id }: Operation): string | undefined {
  if (!GROUP_KINDS.has(kind)) {
    const rule = 'UPDATE, DEPOSIT, WITHDRAW and TRANSFER are what can be in a group';
    return `${word.toUpperCase()} has to wait: ${rule}, and ${ENDS}`;
  }
  if (key !== undefined) return 'a command in a group takes no key: @key BEGIN gives the group one';
  return id === undefined ? undefined : 'a TRANSFER in a group takes no --id';
}
