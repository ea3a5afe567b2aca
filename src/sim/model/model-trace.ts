/** A way through the model in words, one aligned line an action. */
import type { Message } from '../../core/message.ts';
import { ACTION, kindOf, whichOf, whoOf } from './actions.ts';
import { BACKEND_WORDS, WORD } from './layout.ts';
import type { ModelOptions } from './model-options.ts';
import type { Tables } from './tables.ts';
import { World } from './world.ts';

/** The actions from the beginning; the last may be one that breaks something. */
export function describeWay(
  tables: Tables, options: ModelOptions, way: readonly number[], what: string,
): string[] {
  const world = new World(tables);
  world.begin(options);
  const lines = way.map((action, at) => {
    const [who, what] = describe(tables, world.row, action);
    world.do(action);
    return `${String(at + 1).padStart(4)}  ${who.padEnd(22)}  ${what}`;
  });
  lines.push(`      ${'VIOLATION'.padEnd(22)}  ${what}`);
  return lines;
}

function describe(tables: Tables, row: Int32Array, action: number): [who: string, what: string] {
  const who = whoOf(action);
  const backend = `backend ${who + 1}`;
  const frontend = `frontend ${who + 1}`;
  const link = tables.links.link(row[WORD.link + BACKEND_WORDS * who] as number);
  const write = tables.control.place(row[WORD.control] as number).writes[who];
  const number = whichOf(action);
  switch (kindOf(action)) {
    case ACTION.hearOld: {
      const line = link.old[number];
      const message = line?.toCoordinator[0];
      const to = `${backend} > frontend ${(line?.coordinator ?? 0) + 1}`;
      return [to, message === undefined ? 'end of a connection' : `${say(tables, message)} (old)`];
    }
    case ACTION.hear: {
      const { coordinator = 0, toCoordinator = [] } = link.current ?? {};
      return [`${backend} > frontend ${coordinator + 1}`, say(tables, toCoordinator[0])];
    }
    case ACTION.deliver: {
      const { coordinator = 0, toBackend = [] } = link.current ?? {};
      return [`frontend ${coordinator + 1} > ${backend}`, say(tables, toBackend[0])];
    }
    case ACTION.sync: return [backend, 'has fsynced its journal'];
    case ACTION.errand: {
      const [errand] = tables.errands.value(row[WORD.errands + BACKEND_WORDS * who] as number);
      return [backend, `has done: ${JSON.stringify(errand)}`];
    }
    case ACTION.applyWrite: {
      const { epoch, view, commitFloor, version } = write?.record ?? {};
      const members = view?.members.map(({ id }) => id).join();
      return ['control record', `version ${version}: epoch ${epoch}, view ${view?.number} of `
        + `backends ${members}, floor ${commitFloor}`];
    }
    case ACTION.tellWrite: return [frontend, `is told of its write: ${write?.phase}`];
    case ACTION.wake: return [frontend, 'wakes'];
    case ACTION.connect: return [backend, `connects to frontend ${number + 1}`];
    case ACTION.startFrontend: return [frontend, 'starts; a client asks for a session'];
    case ACTION.dropOld: return [backend, 'what it had sent on its old connection is lost'];
    case ACTION.dropDown: return [backend, 'what was sent to it before the end is lost'];
    case ACTION.dropWrite: return ['control record', `the write of ${frontend} is lost`];
    case ACTION.crash: {
      return [backend, `crashes and starts again; of what was not fsynced ${number} survive`];
    };
    case ACTION.wipe: return [backend, 'crashes, and starts again with its directory lost'];
    case ACTION.cut: return [backend, 'leaves its connection'];
    case ACTION.cutUp: return [backend, 'its connection breaks; the frontend knows it first'];
    case ACTION.crashFrontend: return [frontend, 'crashes'];
    case ACTION.failWrite: return [frontend, 'its write of the control record fails'];
    case ACTION.tick: return [frontend, 'half a read timeout passes'];
    case ACTION.write: return ['client', `writes, at ${frontend}`];
    case ACTION.read: return ['client', `reads, at ${frontend}`];
  }
  return ['', `action ${action}`];
}

function say(tables: Tables, number: number | undefined): string {
  if (number === undefined) return 'end of the connection';
  return sayMessage(tables.messages.value(number));
}

const SAID = [
  'epoch', 'entryEpoch', 'seq', 'tailSeq', 'commitSeq', 'probe', 'read', 'afterSeq', 'fromSeq',
  'condition', 'promisedEpoch', 'incarnation', 'answerer',
] as const;

function sayMessage(message: Message): string {
  const fields = message as unknown as Readonly<Record<string, unknown>>;
  const said = SAID.filter((name) => name in fields)
    .map((name) => `${name} ${String(fields[name])}`);
  if ('hash' in message) said.push(message.hash.slice(0, 4));
  if (message.type === 'view-changed') {
    said.push(`view ${message.view.number} of ${message.view.members.map(({ id }) => id).join()}`);
  }
  return `${message.type.padEnd(12)} ${said.join(', ')}`;
}
