/**
 * Roles, schemas and rights, as SQL. Every statement may run again on a database that has it already, so that a later version's
 * new service is added to old data. Run as superuser, each statement ended by a semicolon and an empty line (see postgres.ts).
 */

/** A service with tables of its own, and the schema that holds them. */
export const SERVICE_SCHEMAS = {
  simulator: 'bank',
  features: 'features',
  scoring: 'scoring',
  interventions: 'interventions',
} as const;

export const ENGINE_DATABASE = 'pde';
export const REGISTRY_DATABASE = 'registry';
export const REGISTRY_ROLE = 'pde_registry';
export const ADMIN_ROLE = 'postgres';

/** Every role that has a password, the administrator's included. */
export const POSTGRES_ROLES: readonly string[] = [
  ADMIN_ROLE,
  REGISTRY_ROLE,
  ...Object.keys(SERVICE_SCHEMAS).flatMap((service) => [`pde_${service}_owner`, `pde_${service}`]),
];

/** Makes the roles and sets their passwords; letters and digits only in those. */
export function roleStatements(passwords: Readonly<Record<string, string>>): readonly string[] {
  const login = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
  return POSTGRES_ROLES.filter((role) => role !== ADMIN_ROLE).flatMap((role) => [
    `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role}; END IF; END $$`,
    `ALTER ROLE ${role} ${login} PASSWORD '${passwords[role]}'`,
  ]);
}

/** Who may connect where: each role to its own database, PUBLIC nowhere. */
export function clusterStatements(): readonly string[] {
  return [
    'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC',
    `REVOKE ALL ON DATABASE ${REGISTRY_DATABASE} FROM PUBLIC`,
    `ALTER DATABASE ${REGISTRY_DATABASE} OWNER TO ${REGISTRY_ROLE}`,
    ...Object.entries(SERVICE_SCHEMAS).flatMap(([service, schema]) => [
      `ALTER ROLE pde_${service}_owner SET search_path = ${schema}`,
      `ALTER ROLE pde_${service} SET search_path = ${schema}`,
    ]),
    ...connectStatements(ENGINE_DATABASE),
  ];
}

/** Lets the services' roles, and nobody else, into a database made like the engine's. Rights on databases are not in templates. */
export function connectStatements(database: string): readonly string[] {
  const roles = Object.keys(SERVICE_SCHEMAS).flatMap((service) => [`pde_${service}_owner`, `pde_${service}`]);
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${roles.join(', ')}`,
  ];
}

/** The engine's schemas inside the current database: owned by pde_<service>_owner, open to pde_<service>, closed to all others. */
export function schemaStatements(): readonly string[] {
  return [
    'REVOKE ALL ON SCHEMA public FROM PUBLIC',
    ...Object.entries(SERVICE_SCHEMAS).flatMap(([service, schema]) => [
      `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION pde_${service}_owner`,
      `REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC`,
      `GRANT USAGE ON SCHEMA ${schema} TO pde_${service}`,
    ]),
  ];
}
