/**
 * Who calls. A service may name the end caller on whose behalf it calls; what the end caller may not, the service may not
 * on its behalf either.
 */
import { Role } from '../../../gen/pde/options/v1/options_pb.ts';
import { roleName, roleOfName } from './roles.ts';

export interface Identity {
  /** Id of the key, never the key. */
  readonly id: string;
  readonly roles: readonly Role[];
}

export interface Principal extends Identity {
  /** Whom a service calls for; null if it calls for itself, and always null for a caller that is no service. */
  readonly endCaller: Identity | null;
}

/** Header that carries the end caller from service to service: `<id>;<ROLE,ROLE>`. */
export const END_CALLER_HEADER = 'pde-end-caller';

const IDENTITY = /^([A-Za-z0-9._:@-]{1,128});([A-Z,]{1,256})$/;

/** The value of the end-caller header. */
export function formatIdentity(identity: Identity): string {
  return `${identity.id};${identity.roles.map(roleName).join(',')}`;
}

/** The identity that a header names, or null if it is malformed or names an unknown role. */
export function parseIdentity(text: string): Identity | null {
  const match = IDENTITY.exec(text);
  if (match === null) return null;
  const roles = match[2]!.split(',').map(roleOfName);
  return roles.every((role) => role !== null) ? { id: match[1]!, roles } : null;
}

/** Whose roles decide: the end caller's, if there is one. */
export function effective(principal: Principal): Identity {
  return principal.endCaller ?? principal;
}

/** True if any one of the roles is the caller's. No roles means nobody (I10). */
export function isAdmitted(principal: Principal, roles: readonly Role[]): boolean {
  return roles.some((role) => role !== Role.UNSPECIFIED && effective(principal).roles.includes(role));
}
