// What is alive: tokens and sessions; and who may do what: roles and scopes.
import { z } from '@hono/zod-openapi'

export const tokenSchema = z
  .object({
    /** Keyed hash of the access token. */
    hash: z.string(),
    state: z.enum(['alive', 'expired', 'revoked']),
    client: z.string(),
    userHash: z.string(),
    grantType: z.string(),
    /** Granted, and those of them that a use so far needed; separated by spaces. */
    scopes: z.string(),
    usedScopes: z.string(),
    /** Those that none of its uses needed, if any; without what the issuer itself answers. */
    idleScopes: z.string(),
    issuer: z.string(),
    /** Unix milliseconds; null when not known. */
    issuedAt: z.number(),
    expiresAt: z.number().nullable(),
    revokedAt: z.number().nullable(),
    /** Why; '' when nobody said, and for what was not revoked. */
    revocation: z.string(),
    /** A newer one has taken its place: its refresh token was exchanged. */
    replaced: z.boolean(),
    lastUsedAt: z.number().nullable(),
    uses: z.int(),
    /** Uses that were let in after it was revoked, and others after it had expired. */
    usesAfterRevocation: z.int(),
    usesAfterExpiry: z.int(),
    /** A refresh token of its family was presented twice. */
    reused: z.boolean(),
    /** Index of the record that handed it out, for a link. */
    index: z.int(),
  })
  .openapi('Token')

export type Token = z.infer<typeof tokenSchema>

export const tokensSchema = z
  .object({
    tokens: z.array(tokenSchema),
    counts: z.object({ alive: z.int(), expired: z.int(), revoked: z.int(), neverUsed: z.int() }),
    next: z.string().nullable(),
    /** Only what was received since is looked at: Unix milliseconds. */
    since: z.number(),
    /** Limits were reached: there are older tokens than those counted. */
    cut: z.boolean(),
  })
  .openapi('Tokens')

export type Tokens = z.infer<typeof tokensSchema>

export const sessionSchema = z
  .object({
    /** Keyed hash. */
    hash: z.string(),
    userHash: z.string(),
    state: z.enum(['open', 'ended', 'never-logged-in']),
    startedAt: z.number(),
    lastSeenAt: z.number(),
    records: z.int(),
    /** Denied or failed: `outcome:denied,failure`. */
    refused: z.int(),
    clients: z.array(z.string()),
    index: z.int(),
  })
  .openapi('Session')

export type Session = z.infer<typeof sessionSchema>

export const sessionsSchema = z
  .object({
    sessions: z.array(sessionSchema),
    counts: z.object({ open: z.int(), ended: z.int(), neverLoggedIn: z.int() }),
    next: z.string().nullable(),
    since: z.number(),
    cut: z.boolean(),
  })
  .openapi('Sessions')

export type Sessions = z.infer<typeof sessionsSchema>

/** Of one client or role: what each scope was, by count of records. */
const scopeUseSchema = z.object({
  scope: z.string(),
  allowed: z.int(),
  requested: z.int(),
  granted: z.int(),
  /** Needed by a request that was let in, and missing in one that was refused. */
  used: z.int(),
  missing: z.int(),
  /** The worst first: let in though never granted; asked for though not allowed; missing; idle. */
  findings: z.array(z.enum(['beyond', 'unallowed', 'short', 'idle'])),
})

export const scopesSchema = z
  .object({
    /** By `client` or `role` (of users), as asked. */
    by: z.enum(['client', 'role']),
    rows: z.array(
      z.object({
        /** Client id, or role. */
        name: z.string(),
        records: z.int(),
        /** Denied or failed: `outcome:denied,failure`. */
        refused: z.int(),
        privileged: z.int(),
        scopes: z.array(scopeUseSchema),
      }),
    ),
    since: z.number(),
    cut: z.boolean(),
  })
  .openapi('Scopes')

export type Scopes = z.infer<typeof scopesSchema>
