/**
 * What the records of a window refer to by number. Names of parties and obligations are interned in one string each, a *roll*: name
 * after name, each behind one character that tells its length. A name's number is where it stands in the roll; equal numbers are
 * equal names, exactly. A roll takes a byte more than its names, where a list of strings takes some thirty more each.
 */
export interface Names {
  accounts: readonly string[];
  /** Roll of merchants and payers. */
  parties: string;
  /** Number by name, once the roll of parties is long; derived, never stored. */
  partyIndex: Map<string, number> | null;
  /** Roll of the obligations that rows name. */
  obligations: string;
  /** Four numbers a context: account, obligation, utc offset in minutes, capabilities. */
  contexts: readonly number[];
}

/** No name stands at 0: that number is for none. */
export const EMPTY_ROLL = '';
/** From this many characters on a roll is searched by an index. */
const INDEXED_FROM = 1_024;
const LONGEST_ROLL = 2 ** 21 - 1;
const LONGEST_NAME = 65_535;
const LARGEST_CONTEXT = 65_535;
const NONE: readonly never[] = [];

export function emptyNames(): Names {
  return { accounts: NONE, parties: EMPTY_ROLL, partyIndex: null, obligations: EMPTY_ROLL, contexts: NONE };
}

/** The number of a name that is not empty; 0: the roll does not have it. */
export function numberOf(roll: string, name: string): number {
  const { length } = name;
  const last = name.charCodeAt(length - 1);
  for (let at = 0; at < roll.length; at += roll.charCodeAt(at) + 1) {
    if (roll.charCodeAt(at) !== length || roll.charCodeAt(at + length) !== last) continue;
    if (roll.startsWith(name, at + 1)) return at + 1;
  }
  return 0;
}

export function nameAt(roll: string, number: number): string {
  return roll.substring(number, number + roll.charCodeAt(number - 1));
}

/** The numbers of all names, rising. */
export function numbersOf(roll: string): number[] {
  const numbers: number[] = [];
  for (let number = 1; number <= roll.length; number += lengthAt(roll, number)) numbers.push(number);
  return numbers;
}

/** What the number of the next name will be. */
export function nextNumber(roll: string): number {
  return roll.length + 1;
}

/** Characters that a name takes in the roll. */
export function lengthAt(roll: string, number: number): number {
  return roll.charCodeAt(number - 1) + 1;
}

/** The roll with names at its end; a short one in one piece, as a concatenation would keep its pieces. */
export function enrol(roll: string, ...names: readonly string[]): string {
  const pieces = [roll];
  for (const name of names) {
    if (name.length > LONGEST_NAME) throw new RangeError(`a name has at most ${LONGEST_NAME} characters`);
    pieces.push(String.fromCharCode(name.length), name);
  }
  return names.length === 1 && roll.length >= INDEXED_FROM ? roll + pieces[1]! + pieces[2]! : pieces.join('');
}

/** Throws RangeError where a window holds too many. */
export function internParty(names: Names, name: string): number {
  const known = names.parties.length < INDEXED_FROM ? numberOf(names.parties, name) : indexed(names).get(name);
  if (known) return known;
  const number = nextNumber(names.parties);
  if (number > LONGEST_ROLL)
    throw new RangeError(`a window holds at most ${LONGEST_ROLL} characters of parties' names`);
  names.parties = enrol(names.parties, name);
  names.partyIndex?.set(name, number);
  return number;
}

function indexed(names: Names): Map<string, number> {
  if (names.partyIndex !== null) return names.partyIndex;
  names.partyIndex = new Map(numbersOf(names.parties).map((number) => [nameAt(names.parties, number), number]));
  return names.partyIndex;
}

export function internObligation(names: Names, name: string): number {
  const known = numberOf(names.obligations, name);
  if (known > 0) return known;
  const number = nextNumber(names.obligations);
  names.obligations = enrol(names.obligations, name);
  return number;
}

/** Few and rarely new: each list is made anew, without room to spare. Throws RangeError where a window holds too many. */
export function internContext(
  names: Names,
  accountId: string,
  obligation: number,
  utcOffsetMinutes: number,
  capabilities: number,
): number {
  let account = names.accounts.indexOf(accountId);
  if (account < 0) account = names.accounts.length;
  if (account === names.accounts.length) names.accounts = names.accounts.concat(accountId);
  const { contexts } = names;
  for (let i = 0; i < contexts.length; i += 4) {
    if (
      contexts[i] === account &&
      contexts[i + 1] === obligation &&
      contexts[i + 2] === utcOffsetMinutes &&
      contexts[i + 3] === capabilities
    ) {
      return i / 4;
    }
  }
  if (contexts.length > 4 * LARGEST_CONTEXT) throw new RangeError(`a window holds at most ${LARGEST_CONTEXT} contexts`);
  names.contexts = contexts.concat([account, obligation, utcOffsetMinutes, capabilities]);
  return contexts.length / 4;
}

/** Bytes in memory: what the strings and lists hold, with their headers. */
export function bytesOfNames(names: Names): number {
  const strings = [names.parties, names.obligations, ...names.accounts];
  const index = names.partyIndex === null ? 0 : 80 * names.partyIndex.size;
  return strings.reduce((sum, text) => sum + 16 + text.length, 0) + 8 * names.contexts.length + index;
}
