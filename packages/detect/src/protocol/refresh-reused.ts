// Row 10, where the server did not notice: a refresh token that had been rotated opened the door
// again, or one whose count is below what its family had reached.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD, valueOf } from '../field.ts'
import { begunAt, isDone, isOfServer, items, serverRoles, text, whole } from '../reading.ts'
import { type Check, found, type Found, type Ref, refOf, type CodedRule } from '../stateful.ts'
import { MAX_GRANTS, MAX_TOKENS, RETRY_MS } from './limits.ts'

const rule: CodedRule = {
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f010',
  row: 10,
  title: 'Refresh token used twice, and accepted',
  description:
    'A refresh token that had been rotated was taken again, later than a client ' +
    'repeats a request: two have it, and the server gives tokens to both.',
  level: 'critical',
  attack: ['T1528', 'T1550.001'],
  references: ['RFC 9700 4.14', 'OWASP ASVS 5.0 10.4.5'],
  needs: [ATTR.OAUTH_REFRESH_PRESENTED_HASH, ATTR.OAUTH_REFRESH_ROTATED],
  falsePositives: ['A server with a long grace period that does not say that it used it.'],
}

type Used = { readonly atMs: number; readonly by: Ref }
type Family = { readonly count: number; readonly atMs: number; readonly by: Ref }

export function refreshReused(): Check {
  const tokens = new Entities<Used>(MAX_TOKENS)
  const families = new Entities<Family>(MAX_GRANTS)
  return {
    rules: [rule],
    entities: { tokens, families },
    events: { actions: ['oauth.token'], roles: serverRoles, outcomes: ['success'] },
    look(event) {
      if (!isOfServer(event) || !isDone(event, 'oauth.token')) return []
      // One that is not rotated is used again and again, rightly.
      if (valueOf(event, FIELD.OAUTH_REFRESH_ROTATED) !== true) return []
      if (valueOf(event, FIELD.OAUTH_REFRESH_GRACE_REPLAY) === true) return []
      // What the server noticed is said by another rule.
      if (valueOf(event, FIELD.OAUTH_REFRESH_REUSE_DETECTED) === true) return []
      const before = usedBefore(tokens, event) ?? fallenBack(families, event)
      learn(tokens, families, event)
      return before === null ? [] : [saidOf(event, before)]
    },
  }
}

function usedBefore(tokens: Entities<Used>, event: AuditEvent): Ref | null {
  const uses = items(event, FIELD.OAUTH_REFRESH_PRESENTED_HASH).map((hash) => tokens.get(hash))
  const used = uses.find((one) => one !== undefined && begunAt(event) - one.atMs > RETRY_MS)
  return used?.by ?? null
}

/** Its count was reached before. Records of two servers come in any order: time decides. */
function fallenBack(families: Entities<Family>, event: AuditEvent): Ref | null {
  const family = families.get(text(event, FIELD.OAUTH_REFRESH_FAMILY_HASH))
  const count = whole(event, FIELD.OAUTH_REFRESH_ROTATION_COUNT)
  if (family === undefined || count === null || count >= family.count) return null
  return begunAt(event) - family.atMs > RETRY_MS ? family.by : null
}

function learn(tokens: Entities<Used>, families: Entities<Family>, event: AuditEvent): void {
  const { atMs } = event
  for (const hash of items(event, FIELD.OAUTH_REFRESH_PRESENTED_HASH)) {
    const first = tokens.get(hash)
    if (first === undefined) tokens.set(hash, { atMs, by: refOf(event) })
  }
  const family = text(event, FIELD.OAUTH_REFRESH_FAMILY_HASH)
  const count = whole(event, FIELD.OAUTH_REFRESH_ROTATION_COUNT)
  if (family === '' || count === null) return
  const known = families.get(family)
  if (known === undefined || count > known.count)
    families.set(family, { count, atMs, by: refOf(event) })
}

function saidOf(event: AuditEvent, before: Ref): Found {
  const family = text(event, FIELD.OAUTH_REFRESH_FAMILY_HASH)
  return found({
    ...{ rule: 0, before: [before], count: 2 },
    group: [
      ['oauth.client.id', text(event, FIELD.OAUTH_CLIENT_ID)],
      ...(family === '' ? [] : [['oauth.refresh.family_hash', family] as const]),
    ],
    words: 'a refresh token that had been rotated was taken again, and tokens were given for it',
  })
}
