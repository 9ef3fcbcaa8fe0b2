// The newest access tokens and what became of them: alive, expired or revoked; used for what. See
// alive.test.ts.
import { ATTR, decodeList } from '@grantlog/record'
import { fingerprintOf } from '../columns/fingerprint.ts'
import type { Query } from '../language/query.ts'
import type { Indexed } from '../lineage/candidates.ts'
import {
  grantsOf,
  issuedTokens,
  mainTokens,
  presentedRefresh,
  sessionsOf,
  textIn,
} from '../lineage/keys.ts'
import { expiryIn, revokedBy } from '../lineage/lifetimes.ts'
import { EXPIRY_LEEWAY_MS, MAX_ALIVE, MAX_LATE_USES, MAX_REVOCATIONS, MAX_USES } from '../limits.ts'
import type { LedgerRecord } from '../records.ts'
import { exactly } from '../search/exact.ts'
import { findPage } from '../search/find.ts'
import { prepare } from '../search/matcher.ts'
import { rowsWith } from '../search/rows-with.ts'
import { isOwnScope } from './scopes.ts'

export interface TokenLife {
  /** Keyed hash. */
  readonly hash: string
  readonly state: 'alive' | 'expired' | 'revoked'
  readonly client: string
  readonly userHash: string
  readonly grantType: string
  readonly scopes: string
  /** Those of the scopes that a use needed which was let in. */
  readonly usedScopes: string
  /** Those that none of its uses needed, if any; without what the issuer answers. */
  readonly idleScopes: string
  readonly issuer: string
  /** Unix milliseconds, of the receiver's clock when there is no other. */
  readonly issuedAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** Why, where the record that revoked it says so; else ''. */
  readonly revocation: string
  /** Its refresh token was exchanged: a newer one has taken its place. */
  readonly replaced: boolean
  readonly lastUsedAt: number | null
  readonly uses: number
  /** Uses that were let in though they began after it was revoked, as lineages tell them. */
  readonly usesAfterRevocation: number
  /** Others that were let in after it had expired; a few seconds are granted to clocks. */
  readonly usesAfterExpiry: number
  /** A refresh token of its grant was presented twice. */
  readonly reused: boolean
  /** Place in the log of the record that handed it out. */
  readonly index: number
}

export interface TokenLives {
  /** The newest first. */
  readonly tokens: readonly TokenLife[]
  /** Unix milliseconds: older ones were not looked at. */
  readonly since: number
  readonly cut: boolean
}

const is = (field: string, ...values: string[]): Query => ({
  field,
  tests: values.map((value) => ({ is: value })),
})
const has = (field: string): Query => ({ field, tests: [{ has: true }] })

const issuing: Query = {
  all: [
    is('outcome', 'success'),
    has('oauth.token.hash'),
    { any: [is('action', 'oauth.token'), has('oauth.token.issued')] },
  ],
}
const byServer = is('role', 'authorization_server')
const ending: Query = {
  any: [
    is('action', 'oauth.revoke'),
    has('revocation'),
    is('oauth.consent.result', 'revoked'),
    is('oauth.revocation.cascade', 'true'),
  ],
}
const reusing: Query = { any: [is('reuse', 'true'), is('reason', 'refresh_reused')] }

/** Tokens whose issuing record matches `query`. `now`: Unix milliseconds. */
export async function tokensIn(source: Indexed, query: Query, now: number): Promise<TokenLives> {
  const ask = (wanted: Query, most: number): Promise<Newest> =>
    newest(source, { query: wanted, most, now })
  // The issuer knows best; where it is not recorded, who asked for the token knows too.
  let issued = await ask({ all: [query, byServer, issuing] }, MAX_ALIVE)
  if (issued.records.length === 0) issued = await ask({ all: [query, issuing] }, MAX_ALIVE)
  const ended = endsIn((await ask(ending, MAX_REVOCATIONS)).records)
  const reused = new Set((await ask(reusing, MAX_REVOCATIONS)).records.flatMap(grantsOf))
  const exchanged = new Set(issued.records.flatMap(presentedRefresh))
  const lives = new Map<number, Life>()
  for (const record of issued.records) {
    for (const hash of mainTokens(record).slice(0, 1)) {
      lives.set(fingerprintOf(hash), begin(record, { hash, ended, exchanged, reused }))
    }
  }
  const isCut = await addUses(source, lives)
  const tokens = Array.from(lives.values(), (life) => close(life, now))
  return { tokens, since: issued.since, cut: issued.cut || isCut }
}

interface Newest {
  readonly records: readonly LedgerRecord[]
  readonly since: number
  readonly cut: boolean
}

/** The newest records that match, the newest first. */
export async function newest(
  { index, records }: Indexed,
  { most, now, query }: { readonly query: Query; readonly most: number; readonly now: number },
): Promise<Newest> {
  const request = { limit: most, order: 'newest', behind: null } as const
  const { more, rows } = await findPage(index, prepare(query, index, now), request)
  const isAsked = exactly(query)
  const found: LedgerRecord[] = []
  for (const row of rows) {
    const record = await records.record(index.place(row))
    if (record?.observed === null && isAsked(record)) found.push(record)
  }
  const oldest = rows.at(-1)
  const since = more && oldest !== undefined ? index.receivedAt(oldest) : index.first?.fromMs
  return { records: found, since: since ?? now, cut: more }
}

interface End {
  /** Unix milliseconds. */
  readonly at: number
  readonly reason: string
}

/** The first end by hash of a token, grant or session. */
function endsIn(records: readonly LedgerRecord[]): ReadonlyMap<string, End> {
  const ended = new Map<string, End>()
  for (const record of records) {
    const at = unixMs(record.view.endTimeUnixNano)
    const reason = textIn(record, ATTR.OAUTH_REVOCATION_REASON)
    for (const key of revokedBy(record)) {
      if (at < (ended.get(key)?.at ?? Infinity)) ended.set(key, { at, reason })
    }
  }
  return ended
}

/** A token while its uses are counted. */
interface Life extends Omit<TokenLife, 'idleScopes' | 'scopes' | 'state' | 'usedScopes'> {
  readonly granted: readonly string[]
  readonly used: Set<string>
  readonly end: number
  lastUsedAt: number | null
  uses: number
  usesAfterRevocation: number
  usesAfterExpiry: number
}

function begin(
  record: LedgerRecord,
  {
    ended,
    exchanged,
    hash,
    reused,
  }: {
    readonly hash: string
    readonly ended: ReadonlyMap<string, End>
    readonly exchanged: ReadonlySet<string>
    readonly reused: ReadonlySet<string>
  },
): Life {
  const text = (name: string): string => textIn(record, name)
  const expiry = expiryIn(record)
  const expiresAt = expiry === null ? null : Number(expiry / 1_000_000n)
  const keys = [hash, ...grantsOf(record), ...sessionsOf(record)]
  const ends = keys.flatMap((key) => ended.get(key) ?? [])
  const [first] = ends.toSorted((a, b) => a.at - b.at)
  const revokedAt = first?.at ?? null
  const granted = text(ATTR.OAUTH_SCOPE_GRANTED) || text(ATTR.OAUTH_SCOPE_REQUESTED)
  return {
    ...{ hash, expiresAt, revokedAt, revocation: first?.reason ?? '', index: record.index },
    replaced: issuedTokens(record).some((token) => exchanged.has(token)),
    end: Math.min(expiresAt ?? Infinity, revokedAt ?? Infinity),
    client: text(ATTR.OAUTH_CLIENT_ID),
    userHash: text(ATTR.USER_HASH),
    grantType: text(ATTR.OAUTH_GRANT_TYPE),
    granted: decodeList(granted),
    issuer: text(ATTR.OAUTH_ISSUER),
    issuedAt: unixMs(record.view.endTimeUnixNano),
    reused: grantsOf(record).some((grant) => reused.has(grant)),
    ...{ used: new Set<string>(), lastUsedAt: null },
    ...{ uses: 0, usesAfterRevocation: 0, usesAfterExpiry: 0 },
  }
}

/**
 * By the index, for uses may be many times the tokens; few of them come after its end. Whether some
 * were left out, the oldest.
 */
async function addUses(source: Indexed, lives: ReadonlyMap<number, Life>): Promise<boolean> {
  const { index } = source
  const values = Array.from(lives.values(), ({ hash }) => hash)
  const request = { values, most: MAX_USES, kept: 'newest' } as const
  const { isCut, rows } = await rowsWith(index, [ATTR.OAUTH_TOKEN_HASH], request)
  let reads = MAX_LATE_USES
  for (const row of rows) {
    const life = lives.get(index.cell(row, ATTR.OAUTH_TOKEN_HASH))
    if (life === undefined || index.word(row, ATTR.AUDIT_ACTION) !== 'oauth.resource_access')
      continue
    const at = index.receivedAt(row)
    life.uses++
    life.lastUsedAt = Math.max(at, life.lastUsedAt ?? 0)
    if (index.word(row, ATTR.AUDIT_OUTCOME) !== 'success') continue
    if (at > life.end - EXPIRY_LEEWAY_MS && reads-- > 0) {
      countLate(life, await beginningOf(row, source))
    }
    const required = index.word(row, ATTR.OAUTH_SCOPE_REQUIRED)
    for (const scope of required === '' ? [] : decodeList(required)) life.used.add(scope)
  }
  return isCut
}

/** `began`: Unix milliseconds. What was revoked is told as that, also when it had expired. */
function countLate(life: Life, began: number): void {
  const { expiresAt, revokedAt } = life
  if (began >= (revokedAt ?? Infinity)) life.usesAfterRevocation++
  else if (began >= (expiresAt ?? Infinity) + EXPIRY_LEEWAY_MS) life.usesAfterExpiry++
}

/** What is received late may have been before: only the record itself says when. */
async function beginningOf(row: number, { index, records }: Indexed): Promise<number> {
  const record = await records.record(index.place(row))
  return record === null ? -Infinity : unixMs(record.view.startTimeUnixNano)
}

/** Whole microseconds of it. */
function unixMs(unixNano: bigint): number {
  return Number(unixNano / 1_000n) / 1_000
}

function close({ end: _, granted, used, ...life }: Life, now: number): TokenLife {
  const expired = life.expiresAt !== null && life.expiresAt <= now
  const revoked = life.revokedAt !== null && life.revokedAt <= (life.expiresAt ?? Infinity)
  const state = revoked ? 'revoked' : expired ? 'expired' : 'alive'
  const idle = granted.filter((one) => !used.has(one) && !isOwnScope(one))
  const usedScopes = granted.filter((scope) => used.has(scope)).join(' ')
  return { ...life, state, scopes: granted.join(' '), usedScopes, idleScopes: idle.join(' ') }
}

/** What may be asked for of tokens; one that was never used is also of another state. */
export const tokenStates = ['alive', 'expired', 'revoked', 'never-used', 'all'] as const
export type TokenState = (typeof tokenStates)[number]

export function isTokenIn({ state, uses }: TokenLife, asked: TokenState): boolean {
  if (asked === 'all') return true
  return asked === 'never-used' ? uses === 0 : state === asked
}

export interface TokenCounts {
  readonly alive: number
  readonly expired: number
  readonly revoked: number
  readonly neverUsed: number
}

export function countTokens(tokens: readonly TokenLife[]): TokenCounts {
  const of = (asked: TokenState): number => tokens.filter((one) => isTokenIn(one, asked)).length
  const [alive, expired, revoked] = [of('alive'), of('expired'), of('revoked')]
  return { alive, expired, revoked, neverUsed: of('never-used') }
}
