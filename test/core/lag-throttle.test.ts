import t from 'tap';
import { LagThrottle } from '../../src/core/lag-throttle.ts';

t.test('lag throttle: two votes or a pause earn one batch', async (t) => {
  const throttle = new LagThrottle();
  t.ok(throttle.mayGo(1000), 'the first goes');
  t.notOk(throttle.mayGo(1001));
  throttle.onVote();
  t.notOk(throttle.mayGo(1002), 'one vote is not enough');
  throttle.onVote();
  t.ok(throttle.mayGo(1003));
  t.notOk(throttle.mayGo(1004), 'the votes are spent');
  t.notOk(throttle.mayGo(1022.9));
  t.ok(throttle.mayGo(1023), 'it can not stop the bank');
});
