/** InterventionService: reading decisions and recording what came of them. */
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  GetContactPolicyResponseSchema,
  GetCustomerHistoryResponseSchema,
  type InterventionService,
  RecordOutcomeResponseSchema,
} from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import type { ContactPolicy } from '../domain/interventions/policy.ts';
import { effective } from '../platform/auth/principal.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import { callerOf } from '../platform/rpc/caller.ts';
import { decisionMessage, interventionMessage, policyMessage, statsMessage } from './convert-rpc.ts';
import { insertOutcome } from './store/insert-outcome.ts';
import { readCounts } from './store/read-counts.ts';
import { readHistory } from './store/read-history.ts';
import { readIntervention } from './store/read-intervention.ts';

export interface RpcDeps {
  readonly pool: Pool;
  readonly policy: ContactPolicy | 'unreadable';
}

const DEFAULT_PAGE_SIZE = 50;

export function createInterventionService({ pool, policy }: RpcDeps): ServiceImpl<typeof InterventionService> {
  return {
    async getCustomerHistory({ customerId, pageSize, pageToken }) {
      const limit = pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize;
      const below = belowOf(pageToken);
      // One more than asked for tells whether there is a next page.
      const read = await readHistory(pool, customerId, below, limit + 1);
      if (read.length === 0 && below === null) {
        throw new ConnectError('the customer has no decision', Code.NotFound);
      }
      const page = read.slice(0, limit);
      return create(GetCustomerHistoryResponseSchema, {
        customerId,
        decisions: page.map(decisionMessage),
        nextPageToken: read.length > limit ? String(page.at(-1)?.decisionNumber) : '',
      });
    },

    async getStats() {
      return statsMessage(await readCounts(pool));
    },

    async recordOutcome({ interventionId, outcome }, context) {
      await insertOutcome(pool, interventionId, outcome, effective(callerOf(context)).id);
      const intervention = await readIntervention(pool, interventionId);
      if (intervention === null) throw new ConnectError(`there is no intervention ${interventionId}`, Code.NotFound);
      const standing = intervention.outcome?.outcome;
      if (standing !== outcome) {
        throw new ConnectError(`outcome "${standing}" was recorded before`, Code.FailedPrecondition);
      }
      return create(RecordOutcomeResponseSchema, { intervention: interventionMessage(intervention) });
    },

    getContactPolicy() {
      if (policy === 'unreadable') {
        throw new ConnectError('the contact policy cannot be read: nobody is contacted', Code.FailedPrecondition);
      }
      return create(GetContactPolicyResponseSchema, { policy: policyMessage(policy) });
    },
  };
}

/** A page token is the number of the last decision given. */
function belowOf(pageToken: string): bigint | null {
  if (pageToken === '') return null;
  if (!/^[1-9]\d{0,17}$/.test(pageToken)) throw new ConnectError('page_token is none of ours', Code.InvalidArgument);
  return BigInt(pageToken);
}
