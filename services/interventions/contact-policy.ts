/** The contact policy in force: the default, or a file. What cannot be read is no policy, and then nobody is contacted (I8). */
import { readFile } from 'node:fs/promises';
import { type ContactPolicy, DEFAULT_CONTACT_POLICY, readContactPolicy } from '../domain/interventions/policy.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';

/**
 * Reads the policy once, at the start: a change of policy is a release. The service runs on without one, so that every decision
 * is still made and its reason kept; the gauge pde_contact_policy_readable is 0 then.
 *
 * @param file null: the default policy
 */
export async function loadContactPolicy(
  { log, metrics }: Pick<ServiceScope, 'log' | 'metrics'>,
  file: string | null,
): Promise<ContactPolicy | 'unreadable'> {
  const policy = file === null ? DEFAULT_CONTACT_POLICY : await readPolicyFile(log, file);
  const readable = metrics.gauge(
    'pde_contact_policy_readable',
    '1 if the contact policy can be read, else 0: no contact',
  );
  readable.set(policy === 'unreadable' ? 0 : 1);
  return policy;
}

async function readPolicyFile(log: ServiceScope['log'], file: string): Promise<ContactPolicy | 'unreadable'> {
  try {
    const reading = readContactPolicy(JSON.parse(await readFile(file, 'utf8')));
    if (reading.kind === 'policy') return reading.policy;
    log.error({ event: 'contact-policy-unreadable', file, problems: reading.problems });
  } catch (cause) {
    log.error({ event: 'contact-policy-unreadable', file, cause });
  }
  return 'unreadable';
}
