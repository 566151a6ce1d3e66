/** Models and what was put in force, as callers read them. */
import { create } from '@bufbuild/protobuf';
import * as wire from '../../gen/pde/scoring/v1/model_pb.ts';
import { timestampOf } from './convert.ts';
import type { Model } from './model/load.ts';
import type { ListedModel } from './registry/list.ts';
import type { StoredPromotion } from './store/promotion.ts';

const STATE: Readonly<Record<ListedModel['state'], wire.ListedModel_State>> = {
  candidate: wire.ListedModel_State.CANDIDATE,
  champion: wire.ListedModel_State.CHAMPION,
  retired: wire.ListedModel_State.RETIRED,
};
const ACTION: Readonly<Record<StoredPromotion['action'], wire.Promotion_Action>> = {
  first: wire.Promotion_Action.FIRST,
  promote: wire.Promotion_Action.PROMOTE,
  rollback: wire.Promotion_Action.ROLLBACK,
};

/** The model in force. */
export function toModel(model: Model): wire.Model {
  const { manifest, policy } = model;
  return create(wire.ModelSchema, {
    name: manifest.name,
    version: manifest.version,
    onnxSha256: model.onnxSha256,
    featureSetVersion: manifest.featureSetVersion,
    inputs: [...manifest.inputs],
    horizonDays: manifest.horizonDays,
    scoringPolicyVersion: policy.version,
    actionProbability: policy.actionProbability,
    loadTime: timestampOf(model.loadedMs),
  });
}

export function toListedModel(model: ListedModel): wire.ListedModel {
  return create(wire.ListedModelSchema, { ...model, state: STATE[model.state] });
}

export function toPromotion(stored: StoredPromotion): wire.Promotion {
  const { number, action, name, version, manifestSha256, actor, reason, gateReportSha256, promotedMs } = stored;
  return create(wire.PromotionSchema, {
    ...{ promotion: BigInt(number), action: ACTION[action], name, version, manifestSha256, actor, reason },
    gateReportSha256: gateReportSha256 ?? '',
    promotedTime: timestampOf(promotedMs),
  });
}
