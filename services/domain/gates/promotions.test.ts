import { expect, test } from 'vitest';
import { inForce, type Promotion } from './promotions.ts';

const act = (number: number, action: Promotion['action'], version: string): Promotion => ({
  number,
  action,
  name: 'm',
  version,
});
const versionsOf = (promotions: readonly Promotion[]) => {
  const { champion, previous } = inForce(promotions);
  return [champion?.version ?? null, previous?.version ?? null];
};

test('nothing is in force before the first act', () => {
  expect(versionsOf([])).toEqual([null, null]);
});

test('a promotion is in force above what was', () => {
  expect(versionsOf([act(1, 'first', '1'), act(2, 'promote', '2')])).toEqual(['2', '1']);
});

test('a rollback goes to what was before, a second one to what was before that', () => {
  const acts = [act(1, 'first', '1'), act(2, 'promote', '2'), act(3, 'promote', '3'), act(4, 'rollback', '2')];
  expect(versionsOf(acts)).toEqual(['2', '1']);
  expect(versionsOf([...acts, act(5, 'rollback', '1')])).toEqual(['1', null]);
});

test('after a rollback a promotion goes on from there', () => {
  const acts = [act(1, 'first', '1'), act(2, 'promote', '2'), act(3, 'rollback', '1'), act(4, 'promote', '3')];
  expect(versionsOf(acts)).toEqual(['3', '1']);
});
