// Where the common authorization servers put roles in a token, so that nobody has to look it up.
//
//   keycloak  /realm_access/roles and /resource_access/*/roles, of each client
//   entra     /roles (app roles) and /wids (template ids of directory roles)
//   okta      /groups
//   cognito   /cognito:groups
//   auth0     {"auth0": NAMESPACE}: NAMESPACE/roles, the claim that an Action adds; its
//             namespace is the tenant's own
//
// A pointer may have `*` for each member of an object, which RFC 6901 has not: a segment of that
// name cannot be meant in v2. See presets.test.ts, with the claims of each.

export const rolePresetNames = ['keycloak', 'entra', 'okta', 'cognito'] as const

export type RolePreset = (typeof rolePresetNames)[number]

/** A path of members, from the outermost; null stands for each member. */
export type ClaimPath = readonly (string | null)[]

const presets: Readonly<Record<RolePreset, readonly ClaimPath[]>> = {
  keycloak: [
    ['realm_access', 'roles'],
    ['resource_access', null, 'roles'],
  ],
  entra: [['roles'], ['wids']],
  okta: [['groups']],
  cognito: [['cognito:groups']],
}

export function presetPaths(preset: RolePreset): readonly ClaimPath[] {
  return presets[preset]
}

/** Of Auth0's namespace, with or without a slash at its end. */
export function auth0Path(namespace: string): ClaimPath {
  return [`${namespace.replace(/\/$/, '')}/roles`]
}

/** Of a pointer (RFC 6901); with `anyMember` a `*` is each member. */
export function pointerPath(pointer: string, anyMember: boolean): ClaimPath {
  const names = pointer.split('/').slice(1)
  return names.map((name) =>
    anyMember && name === '*' ? null : name.replaceAll('~1', '/').replaceAll('~0', '~'),
  )
}
