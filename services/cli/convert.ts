/** Contract messages to the CLI's own values. */
import type { GetPositionResponse } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import type { ServicePosition } from './reconcile.ts';

export function toServicePosition(response: GetPositionResponse): ServicePosition {
  return {
    service: response.service,
    partitions: response.partitions,
    stored: response.stored.map((set) => ({
      kind: set.kind,
      count: set.count,
      idDigest: set.idDigest === '' ? null : BigInt(set.idDigest),
    })),
    outboxes: response.outboxes,
  };
}
