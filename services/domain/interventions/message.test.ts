import { expect, test } from 'vitest';
import { messageFor } from './message.ts';
import { DEFAULT_CONTACT_POLICY } from './policy.ts';

const strategy = { message: 'Hello. {reason}We can help.' };

const feature = (name: string, value: number | null = 1) => ({ name, value });

test('the foremost reason that may be told is told', () => {
  const sentences: Record<string, string> = { salary: 'Your pay $& came late', savings: 'Your savings' };
  const told = [feature('gambling'), feature('salary'), feature('savings')];
  expect(messageFor(strategy, told, (name) => sentences[name] ?? null)).toBe(
    'Hello. What we noticed: your pay $& came late. We can help.',
  );
});

test('what is not known is not told', () => {
  const message = messageFor(
    strategy,
    [feature('salary', null), feature('savings', 3)],
    (name, value) => `Your ${name} ${value}`,
  );
  expect(message).toBe('Hello. What we noticed: your savings 3. We can help.');
});

test('without a reason that may be told, the offer stands alone', () => {
  expect(messageFor(strategy, [feature('gambling')], () => null)).toBe('Hello. We can help.');
  expect(messageFor(strategy, [], () => 'never asked')).toBe('Hello. We can help.');
});

test('the default texts speak of help, without blame or scores', () => {
  for (const { message } of Object.values(DEFAULT_CONTACT_POLICY.strategies)) {
    expect(message).toContain('{reason}');
    expect(message).not.toMatch(/risk|score|probab|default|debt|fail|miss|problem|must|overdue|\d/i);
  }
});
