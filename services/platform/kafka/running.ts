/** Pausing, seeking and resuming throw while kafkajs is between two runs of a consumer; the next join does them again. */
export function ifRunning(act: () => void): void {
  try {
    act();
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === 'KafkaJSNonRetriableError')) throw cause;
  }
}
