/** Which process answers which RPC service. The only table of the gateway; everything else is derived from descriptors. */
import type { DescService } from '@bufbuild/protobuf';
import { FeatureService } from '../../gen/pde/features/v1/feature_service_pb.ts';
import { InterventionService } from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';

export type BackendName = 'scoring' | 'interventions' | 'features';

export interface Backend {
  readonly service: DescService;
  /** Setting that holds its URL. */
  readonly setting: string;
}

export const BACKENDS: Readonly<Record<BackendName, Backend>> = {
  scoring: { service: ScoringService, setting: 'PDE_SCORING_URL' },
  interventions: { service: InterventionService, setting: 'PDE_INTERVENTIONS_URL' },
  features: { service: FeatureService, setting: 'PDE_FEATURES_URL' },
};
