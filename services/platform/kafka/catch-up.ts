/**
 * "Everything up to now": where each partition of a log ends, read no earlier than the moment of the question. A read that was
 * already under way when the question came may have missed what was appended since, so it does not serve; questions that come
 * while none has begun share the next one.
 */

/** @param read reads the ends now */
export function createFreshReads<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;

  return () => {
    next ??= running.then(() => {
      const started = read();
      running = started.catch(() => undefined);
      next = null;
      return started;
    });
    return next;
  };
}
