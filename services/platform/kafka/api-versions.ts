/**
 * Whether a broker still speaks what kafkajs speaks. kafkajs 2.2.4 looks only at the newest version of each request that a broker
 * knows; one that has dropped the older ones would fail in mid-flight, so it is asked at the start.
 *
 * ApiVersions is answered before authentication, in version 0 by every broker. Source: Kafka protocol guide, API key 18.
 */
import { connect } from 'node:net';

/** Newest version of each request that kafkajs 2.2.4 sends: key, name, version. */
const OURS: readonly (readonly [number, string, number])[] = [
  [0, 'Produce', 7],
  [1, 'Fetch', 11],
  [2, 'ListOffsets', 3],
  [3, 'Metadata', 6],
  [8, 'OffsetCommit', 5],
  [9, 'OffsetFetch', 4],
  [10, 'FindCoordinator', 2],
  [11, 'JoinGroup', 5],
  [12, 'Heartbeat', 3],
  [13, 'LeaveGroup', 3],
  [14, 'SyncGroup', 3],
  [17, 'SaslHandshake', 1],
  [36, 'SaslAuthenticate', 1],
];

export interface ApiVersion {
  readonly key: number;
  readonly min: number;
  readonly max: number;
}

/** The broker has dropped, or does not know yet, a request as kafkajs sends it. No retry mends it. */
export class IncompatibleBrokerError extends Error {
  override readonly name = 'IncompatibleBrokerError';
}

const API_VERSIONS = 18;
const WITHIN_MS = 10_000;

/**
 * Asks one broker.
 *
 * @param address host:port
 * @throws IncompatibleBrokerError naming every request that does not fit; a network error while it cannot be asked
 */
export async function assertCompatible(address: string): Promise<void> {
  const problems = mismatches(await fetchApiVersions(address));
  if (problems.length > 0) throw new IncompatibleBrokerError(`broker ${address}: ${problems.join('; ')}`);
}

/** One sentence per request that the broker does not take as kafkajs sends it. */
export function mismatches(versions: readonly ApiVersion[]): readonly string[] {
  const byKey = new Map(versions.map((version) => [version.key, version]));
  return OURS.flatMap(([key, name, ours]) => {
    const theirs = byKey.get(key);
    if (theirs === undefined) return [`it does not know ${name}`];
    return theirs.min > ours ? [`${name} begins at version ${theirs.min}, ours is ${ours}`] : [];
  });
}

/** What the broker says of itself. */
export function fetchApiVersions(address: string): Promise<readonly ApiVersion[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly ApiVersion[]>();
  const split = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, split), port: Number(address.slice(split + 1)) });
  let received: Buffer = Buffer.alloc(0);
  socket.setTimeout(WITHIN_MS, () => socket.destroy(networkError(`no answer within ${WITHIN_MS} ms`)));
  socket.on('connect', () => socket.write(requestBytes()));
  socket.on('error', reject);
  socket.on('close', () => reject(networkError(`${address} closed the connection`)));
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
    try {
      resolve(decodeApiVersions(received.subarray(4, 4 + received.readInt32BE(0))));
    } catch (cause) {
      reject(new IncompatibleBrokerError(`${address} does not answer as a Kafka broker`, { cause }));
    }
    socket.destroy();
  });
  return promise;
}

/** Size, then header version 1: key, version, correlation id, no client id; the body of version 0 is empty. */
function requestBytes(): Buffer {
  const bytes = Buffer.alloc(14);
  bytes.writeInt32BE(10, 0);
  bytes.writeInt16BE(API_VERSIONS, 4);
  bytes.writeInt16BE(0, 6);
  bytes.writeInt32BE(1, 8);
  bytes.writeInt16BE(-1, 12);
  return bytes;
}

/** Correlation id, error code, then an array of key, min, max. */
export function decodeApiVersions(body: Buffer): readonly ApiVersion[] {
  const error = body.readInt16BE(4);
  if (error !== 0) throw new Error(`ApiVersions was answered with error ${error}`);
  return Array.from({ length: body.readInt32BE(6) }, (_, n) => {
    const at = 10 + n * 6;
    return { key: body.readInt16BE(at), min: body.readInt16BE(at + 2), max: body.readInt16BE(at + 4) };
  });
}

function networkError(message: string): Error {
  return Object.assign(new Error(message), { retriable: true });
}
