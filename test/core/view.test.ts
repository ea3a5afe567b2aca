import t from 'tap';
import type { BackendId, Incarnation, ViewNumber } from '../../src/core/ids.ts';
import {
  formatView, hasId, isMember, nextView, sameMembers, type Member, type View,
} from '../../src/core/view.ts';

function member(id: number, incarnation = 'a'): Member {
  return { id: id as BackendId, incarnation: incarnation as Incarnation };
}

function view(...members: readonly Member[]): View {
  return { number: 7 as ViewNumber, members };
}

t.test('view: a member is an id and an incarnation', async (t) => {
  const { id, incarnation } = member(1, 'b');
  t.equal(isMember(view(member(1, 'b')), id, incarnation), true);
  t.equal(isMember(view(member(1), member(2, 'b')), id, incarnation), false);
  t.equal(hasId(view(member(1)), id), true);
  t.equal(sameMembers(view(member(1), member(2)), view(member(2), member(1))), true);
  t.equal(sameMembers(view(member(1)), view(member(1, 'b'))), false);
  t.equal(sameMembers(view(member(1)), view(member(1), member(2))), false);
});

t.test('view: the next one: in the order of the ids, each once, never empty', async (t) => {
  const next = nextView(view(member(1)), [member(3), member(1)]);
  t.same(next, { number: 8, members: [member(1), member(3)] });
  t.throws(() => nextView(next, []));
  t.throws(() => nextView(next, [member(1), member(2), member(1, 'b')]));
});

t.test('view: its text names all of it, whichever was asked for before', async (t) => {
  const other = view(member(1, 'b'));
  for (const each of [view(member(1), member(2)), other, other]) {
    const members = each.members.map(({ id, incarnation }) => `${id}=${incarnation}`);
    t.equal(formatView(each), `7:${members.join(',')}`);
  }
});
