/** Roles by their short names, as key files and headers write them: "SERVICE" for ROLE_SERVICE. */
import { Role, RoleSchema } from '../../../gen/pde/options/v1/options_pb.ts';

const PREFIX = 'ROLE_';

/** The short name of a role. */
export function roleName(role: Role): string {
  return RoleSchema.value[role]?.name.slice(PREFIX.length) ?? String(role);
}

/** The role of a short name, or null if there is none such. UNSPECIFIED is not a role. */
export function roleOfName(name: string): Role | null {
  const value = RoleSchema.values.find((candidate) => candidate.name === PREFIX + name);
  return value === undefined || value.number === Role.UNSPECIFIED ? null : (value.number as Role);
}
