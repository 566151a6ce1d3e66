/** Whether a name is one of the IANA time zones that this runtime knows, links such as "Europe/Kiev" included. */
const known = new Map<string, boolean>();
/** Names come from events: what is remembered of them is bounded. */
const MAX_REMEMBERED = 10_000;

export function isKnownTimeZone(name: string): boolean {
  let answer = known.get(name);
  if (answer === undefined) {
    answer = isIana(name);
    if (known.size < MAX_REMEMBERED) known.set(name, answer);
  }
  return answer;
}

/** Offsets such as "+02:00", which Intl takes too, are no zones: they say nothing of summer time. */
function isIana(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== undefined;
  } catch {
    return false;
  }
}
