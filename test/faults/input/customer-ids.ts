/** Wrong ids of customers, alike for every topic that has rules for them. The key is the same text, so that only the text is wrong. */
import { LONG } from './extremes.ts';
import { goodOf } from './good.ts';
import { dead, sent, type TopicName, type Way, written } from './sent.ts';
import { set, string } from './wire.ts';

const IDS = {
  empty: '',
  'of 65 characters': 'x'.repeat(65),
  'of 10,000 characters': LONG,
  'with a blank': 'input a',
  'with NUL': 'input\0a',
};

/**
 * @param field number of customer_id in the topic's message
 * @param more ids that this topic refuses beside those, by what is wrong with them
 */
export function wrongCustomerIds(topic: TopicName, field: number, more: Readonly<Record<string, string>> = {}): Way[] {
  return Object.entries({ ...IDS, ...more }).map(([what, id]) => ({
    name: `customer_id ${what}`,
    make: (o) => [sent(topic, id, written(o, topic, set(goodOf(topic, o), string(field, id))), dead('INVALID_VALUE'))],
  }));
}
