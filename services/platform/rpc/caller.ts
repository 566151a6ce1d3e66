/** The caller of a call, from its credentials to the handler and onward to the next service. */
import { type CallOptions, Code, ConnectError, createContextKey, type HandlerContext } from '@connectrpc/connect';
import { Role } from '../../../gen/pde/options/v1/options_pb.ts';
import type { KeyRing } from '../auth/key-ring.ts';
import { END_CALLER_HEADER, effective, formatIdentity, type Principal, parseIdentity } from '../auth/principal.ts';

const principalKey = createContextKey<Principal | null>(null, { description: 'principal' });

/** Who calls. Every handler but health's has one. */
export function callerOf(context: Pick<HandlerContext, 'values'>): Principal {
  const principal = context.values.get(principalKey);
  if (principal === null) throw new ConnectError('the call has no principal', Code.Unauthenticated);
  return principal;
}

/** Puts the principal where callerOf finds it. */
export function setCaller(context: Pick<HandlerContext, 'values'>, principal: Principal): void {
  context.values.set(principalKey, principal);
}

/**
 * The principal behind the headers of a call.
 *
 * @throws ConnectError UNAUTHENTICATED without a known key; PERMISSION_DENIED if a caller that is no service names an end
 *   caller; INVALID_ARGUMENT if the end caller is malformed.
 */
export function authenticate(keyRing: KeyRing, headers: Headers): Principal {
  const key = bearerKey(headers.get('authorization'));
  if (key === null) throw new ConnectError('an API key is required: authorization: Bearer <key>', Code.Unauthenticated);
  const identity = keyRing.identify(key);
  if (identity === null) throw new ConnectError('the API key is not known', Code.Unauthenticated);
  return { ...identity, endCaller: endCallerOf(identity.roles, headers.get(END_CALLER_HEADER)) };
}

/** The key of an `authorization` header, or null if there is none. The scheme's case does not matter (RFC 9110 section 11.1). */
export function bearerKey(header: string | null): string | null {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;
}

function endCallerOf(roles: readonly Role[], header: string | null): Principal['endCaller'] {
  if (header === null) return null;
  if (!roles.includes(Role.SERVICE)) {
    throw new ConnectError(`only a service may name an end caller (${END_CALLER_HEADER})`, Code.PermissionDenied);
  }
  const identity = parseIdentity(header);
  if (identity === null) throw new ConnectError(`${END_CALLER_HEADER} must be <id>;<ROLE,ROLE>`, Code.InvalidArgument);
  return identity;
}

/**
 * Options for a call that a handler makes to another service: what is left of the deadline, the signal, and whom it is for.
 * Nothing of the kind happens on its own.
 */
export function onward(context: Pick<HandlerContext, 'values' | 'signal' | 'timeoutMs'>): CallOptions {
  const timeoutMs = context.timeoutMs();
  return {
    signal: context.signal,
    ...(timeoutMs === undefined ? {} : { timeoutMs: Math.max(1, Math.ceil(timeoutMs)) }),
    headers: { [END_CALLER_HEADER]: formatIdentity(effective(callerOf(context))) },
  };
}
