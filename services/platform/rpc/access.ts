/** Who may call a method is said by its `(pde.options.v1.access)` and nowhere else; without it, nobody (I10). */
import { type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { access, type Role } from '../../../gen/pde/options/v1/options_pb.ts';
import { effective, isAdmitted, type Principal } from '../auth/principal.ts';
import { roleName } from '../auth/roles.ts';

/** The roles that the contract admits to the method. */
export function rolesOf(method: DescMethod): readonly Role[] {
  return hasOption(method, access) ? getOption(method, access).roles : [];
}

/** @throws ConnectError PERMISSION_DENIED naming the roles that would be let in. */
export function authorize(method: DescMethod, principal: Principal): void {
  const roles = rolesOf(method);
  if (isAdmitted(principal, roles)) return;
  const needed =
    roles.length === 0 ? 'nobody may call it' : `it needs one of the roles ${roles.map(roleName).join(', ')}`;
  throw new ConnectError(`${effective(principal).id} may not call ${method.name}: ${needed}`, Code.PermissionDenied);
}
