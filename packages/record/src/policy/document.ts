// What a policy says, as it is read from either format; read.ts reads it.
import type { ClaimPath } from './presets.ts'

export const policyFormats = ['grantlog-policy-v1', 'grantlog-policy-v2'] as const

export type PolicyFormat = (typeof policyFormats)[number]

/** Those that v1 knows. */
export const privilegedKindsV1 = ['export', 'user_data_change', 'administration', '_OTHER'] as const

export const privilegedKinds = [
  'export',
  'user_data_change',
  'administration',
  '_OTHER',
  'consent',
  'client_administration',
] as const

/** Values of `audit.privileged`. */
export type PrivilegedKind = (typeof privilegedKinds)[number]

export const guarantees = ['buffered', 'spooled', 'blocking'] as const

/**
 * How durable a record must be before the response to its action may leave: it only waits in the
 * process; it is on the producer's disk; the receiver has given its receipt.
 */
export type Guarantee = (typeof guarantees)[number]

export const auditLevels = ['minimal', 'standard', 'full'] as const

/** Values of `audit.level`: how much of an action is recorded. See levels.ts. */
export type AuditLevel = (typeof auditLevels)[number]

export const personalKinds = ['keep', 'pseudonym'] as const

/** What becomes of attributes that name a person: recorded in their slots, or left out. */
export type PersonalData = (typeof personalKinds)[number]

/** What is asked of requests to one route. */
export interface RouteRule {
  /** In capitals; none: any. */
  readonly methods: readonly string[]
  /** See policy-route.ts. */
  readonly route: string
  /** All of them are needed. */
  readonly scopes: readonly string[]
  /** One of them is needed; none: any will do. */
  readonly roles: readonly string[]
  readonly privileged: PrivilegedKind | null
  /** null: that of the policy. */
  readonly guarantee: Guarantee | null
}

/**
 * How much is recorded of which actions. Each list that has items must have one that fits; a text
 * that ends in `*` stands for all that begin with it, but for routes, which policy-route.ts tells.
 */
export interface AuditRule {
  /** For people; null: it has none. */
  readonly name: string | null
  /** Of the person who acts, or for whom a client does. */
  readonly roles: readonly string[]
  readonly clients: readonly string[]
  /** `user.hash`: pseudonyms, for a policy is no place for names. */
  readonly subjects: readonly string[]
  /** Granted or shown; where none are, requested. */
  readonly scopes: readonly string[]
  /** `audit.action`. */
  readonly actions: readonly string[]
  readonly routes: readonly string[]
  readonly methods: readonly string[]
  /** null: that of the policy. */
  readonly level: AuditLevel | null
  readonly personal: PersonalData | null
  /** Only of rules that look at nothing but methods and routes. */
  readonly guarantee: Guarantee | null
}

/** Scopes that a role or a client may have at most; `orders:*` for all that begin so. */
export interface Allowed {
  readonly scopes: readonly string[]
}

/** Who may do a kind of privileged action, which actions are of it, and how much is too much. */
export interface PrivilegedRule {
  /** One of them is needed; none: any will do. */
  readonly roles: readonly string[]
  /** `audit.action`s that are of this kind, besides what routes say. */
  readonly actions: readonly string[]
  /** Of one answer, and of all of one actor in an hour; null: no threshold. */
  readonly bytesMax: number | null
  readonly bytesPerHourMax: number | null
  /** The same of rows, where the service tells them (`audit.response.rows`). */
  readonly rowsMax: number | null
  readonly rowsPerHourMax: number | null
  readonly perHourMax: number | null
}

export interface Policy {
  readonly format: PolicyFormat
  /** In their order. */
  readonly routes: readonly RouteRule[]
  /** Where roles stand in the claims of a token. */
  readonly roleClaims: readonly ClaimPath[]
  readonly queryValues: readonly string[]
  /** Of routes that no rule names, or whose rule has none. */
  readonly guarantee: Guarantee
  /** Of what no audit rule is about. */
  readonly level: AuditLevel
  readonly personal: PersonalData
  /** The first that fits counts. */
  readonly audit: readonly AuditRule[]
  /** By name; `*` is everybody. Empty: roles say nothing about scopes. */
  readonly roles: ReadonlyMap<string, Allowed>
  /** By client id; of others nothing is said. */
  readonly clients: ReadonlyMap<string, Allowed>
  readonly privileged: ReadonlyMap<PrivilegedKind, PrivilegedRule>
  /** `audit.policy.hash`: b64u of 32 bytes. */
  readonly hash: string
}
