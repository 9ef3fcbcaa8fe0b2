// Row 23: a token is let in after it was revoked, or after it expired. The API that did so does
// not know it, for a token that it can read by itself it asks nobody about; the log knows.
import { ATTR } from '@grantlog/record'
import { Clocks } from '../clocks.ts'
import { Entities, type Form } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD, valueOf } from '../field.ts'
import { begunAt, isOfClient, isOfServer, items, text, whole } from '../reading.ts'
import {
  type Check,
  found,
  type Found,
  nothing,
  type Ref,
  refOf,
  type CodedRule,
} from '../stateful.ts'
import { EXPIRY_LEEWAY_MS, MAX_GRANTS, MAX_PARTIES, MAX_TOKENS } from './limits.ts'

const common = { row: 23, attack: ['T1550.001'] }

const afterRevocation: CodedRule = {
  ...common,
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f023',
  title: 'Token let in after it was revoked',
  description:
    'A request began after its token, or the grant of it, had been revoked, and it was answered.',
  level: 'high',
  references: ['RFC 7009 2.2', 'RFC 9700 4.10', 'OWASP ASVS 5.0 10.4.9'],
  needs: [ATTR.OAUTH_TOKEN_HASH, ATTR.OAUTH_REVOCATION_REASON],
  falsePositives: [
    'A page that goes on asking after its user has logged out: its tokens live ' +
      'until they expire, so make them live for minutes.',
  ],
}

const triedAgain: CodedRule = {
  ...common,
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f223',
  title: 'Revoked refresh token tried again',
  description:
    'A refresh token that its client itself had revoked came again, and was ' +
    'refused: the client has no use for it, so somebody else has it.',
  level: 'medium',
  references: ['RFC 7009 2.1', 'RFC 9700 4.14'],
  needs: [ATTR.OAUTH_REFRESH_PRESENTED_HASH, ATTR.OAUTH_REVOCATION_REASON],
  falsePositives: ['A client that revokes its token, and forgets to forget it.'],
}

const afterExpiry: CodedRule = {
  ...common,
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f123',
  title: 'Token let in after it expired',
  description:
    'A request began more than a minute after its token had expired, and it was answered.',
  level: 'high',
  references: ['RFC 6750 3.1', 'RFC 7519 4.1.4', 'OWASP ASVS 5.0 10.3.1'],
  needs: [ATTR.OAUTH_TOKEN_HASH, ATTR.OAUTH_TOKEN_EXPIRES_AT],
  falsePositives: ['An API that allows clocks to differ by more than a minute.'],
}

type Issued = {
  readonly grant: string
  readonly issuedMs: number
  readonly endsMs: number | null
  readonly by: Ref
}
/** `offsetMs`: what makes its time one by the receiver's clock. */
type Revoked = {
  readonly atMs: number
  readonly offsetMs: number
  readonly byClient: boolean
  readonly by: Ref
}
/** Where a token was let in last; `begunMs` by the receiver's clock, `issuedMs` null: not known. */
type Used = {
  begunMs: number
  issuedMs: number | null
  token: string
  service: string
  by: Ref
}

const usedForm: Form<Used> = {
  encode: (use) => ({ ...use }),
  decode: (value) => ({ ...(value as Used) }),
}

export function usedAfterEnd(): Check {
  const tokens = new Entities<Issued>(MAX_TOKENS)
  const revoked = new Entities<Revoked>(MAX_GRANTS)
  const used = new Entities(MAX_TOKENS, usedForm)
  const clocks = new Clocks(MAX_PARTIES)
  const parts = { tokens, revoked, used }
  return {
    rules: [afterRevocation, afterExpiry, triedAgain],
    entities: { ...parts, clocks: clocks.lags },
    look(event) {
      if (isOfClient(event)) return nothing
      const offsetMs = clocks.learn(event)
      const late = isOfServer(event) ? learn(parts, event, offsetMs) : nothing
      const more = isLetIn(event) ? usesOf(parts, event, offsetMs) : triedOf(revoked, event)
      return late.length === 0 ? more : [...late, ...more]
    },
  }
}

interface Parts {
  readonly tokens: Entities<Issued>
  readonly revoked: Entities<Revoked>
  /** By token, and by grant. */
  readonly used: Entities<Used>
}

/**
 * Of two processes either may be heard first: gives what a revocation shows of a use before it.
 * `offsetMs`: what makes times of the event ones by the receiver's clock.
 */
function learn(parts: Parts, event: AuditEvent, offsetMs: number): readonly Found[] {
  const { tokens } = parts
  const isDone = text(event, FIELD.AUDIT_OUTCOME) === 'success'
  const action = text(event, FIELD.AUDIT_ACTION)
  const isEnd = valueOf(event, FIELD.OAUTH_REVOCATION_INITIATOR) !== undefined
  if (isEnd) return end(parts, event, offsetMs)
  if (isDone && valueOf(event, FIELD.OAUTH_TOKEN_ISSUED) !== undefined) issue(tokens, event)
  // What was revoked in one request, and handed out in the same, is another token.
  else if (isDone && action === 'oauth.token') issue(tokens, event)
  return nothing
}

function issue(tokens: Entities<Issued>, event: AuditEvent): void {
  const [grant = ''] = items(event, FIELD.OAUTH_GRANT_ID_HASH)
  const endsMs = endsIn(event)
  for (const hash of items(event, FIELD.OAUTH_TOKEN_HASH)) {
    tokens.set(hash, { grant, issuedMs: event.atMs, endsMs, by: refOf(event) })
  }
}

/** When a token ends, as the record says. */
function endsIn(event: AuditEvent): number | null {
  const endsS = whole(event, FIELD.OAUTH_TOKEN_EXPIRES_AT)
  return endsS === null ? null : endsS * 1000
}

/** A cascade ends the grant with all its tokens, anything else the token alone. */
function end({ revoked, used }: Parts, event: AuditEvent, offsetMs: number): Found[] {
  const isGrant = valueOf(event, FIELD.OAUTH_REVOCATION_CASCADE) === true
  const { atMs } = event
  const byClient = text(event, FIELD.OAUTH_REVOCATION_REASON) === 'client_request'
  const what = { atMs, offsetMs, byClient, by: refOf(event) }
  // Revoked again it was over before.
  const hashes = items(event, FIELD.OAUTH_TOKEN_HASH).filter(
    (hash) => revoked.get(hash) === undefined,
  )
  const grants = isGrant ? items(event, FIELD.OAUTH_GRANT_ID_HASH) : []
  for (const one of [...hashes, ...grants]) revoked.set(one, what)
  const uses = [
    ...hashes.map((hash) => used.get(hash)),
    ...grants.map((grant) => used.get(grant)).filter((use) => (use?.issuedMs ?? atMs) < atMs),
  ]
  const use = uses.find((one) => one !== undefined && one.begunMs > atMs + offsetMs)
  if (use === undefined) return []
  const afterS = Math.round((use.begunMs - atMs - offsetMs) / 1000)
  const { by, service, token } = use
  return [said([token, service], { rule: 0, by, words: letInAfter(afterS) })]
}

/** Somebody was let in by it, or told that it is good. */
function isLetIn(event: AuditEvent): boolean {
  if (text(event, FIELD.AUDIT_OUTCOME) !== 'success') return false
  const action = text(event, FIELD.AUDIT_ACTION)
  if (action === 'oauth.introspect') {
    return isOfServer(event) && valueOf(event, FIELD.OAUTH_TOKEN_ACTIVE) === true
  }
  return action === 'oauth.resource_access' || action === 'oauth.userinfo'
}

function usesOf(parts: Parts, event: AuditEvent, offsetMs: number): readonly Found[] {
  const begun = begunAt(event)
  const begunMs = begun + offsetMs
  for (const hash of items(event, FIELD.OAUTH_TOKEN_HASH)) {
    const issued = parts.tokens.get(hash)
    const end = endOf(parts.revoked, hash, issued)
    const afterMs = end === undefined ? 0 : begunMs - end.atMs - end.offsetMs
    if (end !== undefined && afterMs > 0) {
      const afterS = Math.round(afterMs / 1000)
      return [saidOf(event, { rule: 0, by: end.by, words: letInAfter(afterS) })]
    }
    noteUse(parts.used, hash, event, { begunMs, issued })
    // Whoever has read the token knows it, too, where nobody recorded that it was issued.
    const endsMs = issued?.endsMs ?? endsIn(event)
    if (endsMs === null || begun <= endsMs + EXPIRY_LEEWAY_MS) continue
    const afterS = Math.round((begun - endsMs) / 1000)
    const words = `let in ${afterS} s after it had expired`
    return [saidOf(event, { rule: 1, by: issued?.by ?? null, words })]
  }
  return nothing
}

/** Its own, or that of its grant: one that was revoked and given again has new tokens. */
function endOf(
  revoked: Entities<Revoked>,
  hash: string,
  issued: Issued | undefined,
): Revoked | undefined {
  const own = revoked.get(hash)
  const ofGrant =
    issued === undefined || issued.grant === '' ? undefined : revoked.get(issued.grant)
  if (own !== undefined) return own
  return ofGrant !== undefined && issued!.issuedMs < ofGrant.atMs ? ofGrant : undefined
}

/** Under the token, and under its grant. */
function noteUse(
  used: Entities<Used>,
  token: string,
  event: AuditEvent,
  { begunMs, issued }: { readonly begunMs: number; readonly issued: Issued | undefined },
): void {
  const service = text(event, FIELD.AUDIT_PRODUCER_SERVICE)
  const use = { begunMs, issuedMs: issued?.issuedMs ?? null, token, service, by: refOf(event) }
  if (token !== '') noteUnder(used, token, use)
  if (issued !== undefined && issued.grant !== '') noteUnder(used, issued.grant, use)
}

/** In place: one that is used is used again. */
function noteUnder(used: Entities<Used>, key: string, use: Used): void {
  const known = used.get(key)
  if (known === undefined) {
    used.set(key, { ...use })
    return
  }
  known.begunMs = use.begunMs
  known.issuedMs = use.issuedMs
  known.token = use.token
  known.service = use.service
  known.by = use.by
}

/** After a log-out, or by others, a client may not know that its token is gone. */
function triedOf(revoked: Entities<Revoked>, event: AuditEvent): readonly Found[] {
  const isRefused =
    isOfServer(event) &&
    text(event, FIELD.AUDIT_ACTION) === 'oauth.token' &&
    text(event, FIELD.AUDIT_OUTCOME) === 'failure'
  if (!isRefused) return nothing
  for (const hash of items(event, FIELD.OAUTH_REFRESH_PRESENTED_HASH)) {
    const end = revoked.get(hash)
    if (end === undefined || !end.byClient || event.atMs < end.atMs) continue
    return [
      found({
        ...{ rule: 2, before: [end.by], count: 1 },
        group: [['oauth.client.id', text(event, FIELD.OAUTH_CLIENT_ID)]],
        words: 'a refresh token that its client had revoked was tried again',
      }),
    ]
  }
  return []
}

const letInAfter = (afterS: number): string => `let in ${afterS} s after it had been revoked`

interface Said {
  readonly rule: number
  /** null: no record tells of its issuance. */
  readonly by: Ref | null
  readonly words: string
}

function saidOf(event: AuditEvent, what: Said): Found {
  const [hash = ''] = items(event, FIELD.OAUTH_TOKEN_HASH)
  return said([hash, text(event, FIELD.AUDIT_PRODUCER_SERVICE)], what)
}

function said([hash, service]: readonly [string, string], { by, rule, words }: Said): Found {
  return found({
    ...{ rule, words, before: by === null ? [] : [by], count: 1 },
    group: [
      ['oauth.token.hash', hash],
      ['audit.producer.service', service],
    ],
  })
}
