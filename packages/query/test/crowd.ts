// Many records at random, as the ledger's reader gives them, without a ledger: for what only counts
// and looks up.
import { ATTR, type AttributeValue, encodeList } from '@grantlog/record'
import type { LedgerRecord } from '../src/records.ts'

/** Unix milliseconds of the first. */
export const crowdStart = 1_795_467_000_000

const some = <T>(random: () => number, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T

const hashOf = (kind: string, number: number): string =>
  `${kind}1.${String(number).padStart(22, 'A')}`

/** `count` records, about ten a second; `random` gives numbers below 1. */
export function* crowd(count: number, random: () => number): Generator<LedgerRecord> {
  let [index, receivedAt] = [3, crowdStart]
  for (let n = 0; n < count; n++) {
    // Commits have leaves that are no records, and several records of one millisecond.
    index += random() < 0.1 ? 3 : 1
    receivedAt += random() < 0.5 ? 0 : Math.floor(random() * 400)
    yield recordOf(n, { index, receivedAt }, random)
  }
}

function recordOf(
  n: number,
  { index, receivedAt }: { readonly index: number; readonly receivedAt: number },
  random: () => number,
): LedgerRecord {
  const action = some(random, ['oauth.token', 'oauth.resource_access', 'oauth.login'])
  const outcome = some(random, ['success', 'success', 'success', 'denied', 'failure'])
  const scopes = ['openid', 'orders:read', 'orders:write', 'admin:all'].filter(() => random() < 0.5)
  const user = Math.floor(random() * 40)
  const attributes = new Map<string, AttributeValue>([
    [ATTR.AUDIT_ACTION, action],
    [ATTR.AUDIT_OUTCOME, outcome],
    [ATTR.AUDIT_PRODUCER_SERVICE, some(random, ['login', 'orders', 'web'])],
    [ATTR.OAUTH_CLIENT_ID, some(random, ['web', 'Worker', 'client "x"', 'über'])],
    [ATTR.USER_HASH, hashOf('p', user)],
    [ATTR.USER_ID, `u-${user}`],
    [ATTR.OAUTH_TOKEN_HASH, encodeList([hashOf('t', n), ...(n % 5 ? [] : [hashOf('t', n + 1)])])],
  ])
  if (scopes.length > 0) attributes.set(ATTR.OAUTH_SCOPE_GRANTED, encodeList(scopes))
  if (random() < 0.3) attributes.set(ATTR.OAUTH_SCOPE_REQUESTED, encodeList(['openid', 'email']))
  if (outcome !== 'success') attributes.set(ATTR.OAUTH_ERROR_CODE, 'invalid_grant')
  if (action === 'oauth.resource_access') {
    attributes.set(ATTR.HTTP_REQUEST_METHOD, 'GET')
    attributes.set(ATTR.HTTP_ROUTE, some(random, ['/orders', '/orders/:id']))
    attributes.set(ATTR.HTTP_RESPONSE_STATUS_CODE, BigInt(some(random, [200, 403, 500])))
  }
  if (random() < 0.1) attributes.set(ATTR.OAUTH_REFRESH_REUSE_DETECTED, random() < 0.5)
  const begun = BigInt(receivedAt) * 1_000_000n
  const id = `01982f3e-7a4c-7cc1-9d4e-${n.toString(16).padStart(12, '0')}`
  const traceId = (n + 1).toString(16).padStart(32, '0')
  const micros = BigInt(Math.floor(random() ** 4 * 3_000_000))
  return {
    index,
    entry: new Uint8Array(),
    leaf: { id, receivedAt, kid: 'kid', instance: 'one', seq: n },
    observed: null,
    view: {
      ...{ traceId, spanId: traceId.slice(16), parentSpanId: '', name: action, kind: 2 },
      startTimeUnixNano: begun,
      endTimeUnixNano: begun + micros * 1_000n,
      ...{ status: { code: 1, message: '' }, attributes, slots: new Map() },
    },
    attributes,
    openings: [],
  }
}
