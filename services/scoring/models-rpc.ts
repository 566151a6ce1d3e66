/** The RPCs of ScoringService about models: which there are, and which one is in force. */
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { effective } from '../platform/auth/principal.ts';
import { callerOf } from '../platform/rpc/caller.ts';
import { answering } from './answering.ts';
import { toListedModel, toModel, toPromotion } from './convert-models.ts';
import type { Registry } from './registry/acquire.ts';
import { listModels } from './registry/list.ts';
import { promote, rollBack } from './registry/promote.ts';

type ModelsRpc = Pick<ServiceImpl<typeof ScoringService>, 'getModel' | 'listModels' | 'promoteModel' | 'rollBackModel'>;

const MOST_LISTED_PROMOTIONS = 100;

export function createModelsRpc(registry: Registry): ModelsRpc {
  return {
    getModel: () => Promise.resolve({ model: toModel(registry.models.current()) }),
    listModels: () => answering(() => list(registry)),
    promoteModel: (request, context) =>
      answering(async () => ({ promotion: toPromotion(await promote(registry, request, actorOf(context))) })),
    rollBackModel: ({ reason }, context) =>
      answering(async () => ({ promotion: toPromotion(await rollBack(registry, reason, actorOf(context))) })),
  };
}

async function list({ folders, record, follower, models }: Registry) {
  const [found, standing] = await Promise.all([folders.found(), record.standing()]);
  const { manifestSha256, catalogue } = models.current();
  return {
    models: listModels(found, standing, manifestSha256, catalogue.version).map(toListedModel),
    promotions: standing.promotions.slice(-MOST_LISTED_PROMOTIONS).reverse().map(toPromotion),
    notSwitchedReason: follower.problem(),
  };
}

function actorOf(context: HandlerContext): string {
  return effective(callerOf(context)).id;
}
