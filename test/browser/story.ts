// Records of one service that plays all roles: enough for every page to have something to show, and
// values that try to be more than text.
import { ATTR, type AttributeValue, base64url } from '@grantlog/record'
import type { Attributes } from '../../packages/cli/test/producer.ts'

const salt = base64url(new Uint8Array(16))

/** What a page must show as text, and nothing else. */
export const hostileValues: readonly string[] = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(2)</script>',
  'javascript:alert(3)',
  '\u202egnp.exe\u202c',
  `long ${'x'.repeat(900)}`,
  '{{constructor.constructor("alert(4)")()}}',
  'a" onmouseover="alert(5)',
  'https://evil.example/collect',
]

const people = ['alice', 'bob', 'carol', 'dave'] as const

type Fields = Readonly<Record<string, AttributeValue>>

function record(fields: Fields, person?: string): Attributes {
  const who: Fields =
    person === undefined
      ? {}
      : {
          [ATTR.USER_ID]: person,
          [ATTR.USER_HASH]: `p1.${person.padEnd(22, 'A')}`,
          [ATTR.USER_ROLES]: person === 'alice' ? 'admin' : 'user',
          [ATTR.CLIENT_ADDRESS]: '203.0.113.7',
          [ATTR.AUDIT_SLOT_USER_SALT]: salt,
          [ATTR.AUDIT_SLOT_PSEUDONYM_SALT]: salt,
          [ATTR.AUDIT_SLOT_NETWORK_SALT]: salt,
        }
  return Object.entries({ ...fields, ...who })
}

/** A grant: log-in, consent, tokens, uses, a refresh, and how it ended. */
function life(name: string, person: string, end: 'kept' | 'revoked' | 'stolen'): Attributes[] {
  const grant = { [ATTR.OAUTH_GRANT_ID_HASH]: `p1.${`grant${name}`.padEnd(22, 'A')}` }
  const session = {
    [ATTR.SESSION_ID]: `p1.${`session${name}`.padEnd(22, 'A')}`,
    [ATTR.AUDIT_SLOT_PSEUDONYM_SALT]: salt,
  }
  const client = { [ATTR.OAUTH_CLIENT_ID]: name.startsWith('w') ? 'worker' : 'web' }
  const token = (kind: string): string => `t1.${`${kind}${name}`.padEnd(22, 'A')}`
  const server = { ...client, ...grant, ...session }
  const issue = {
    [ATTR.OAUTH_TOKEN_ISSUED]: 'access_token refresh_token',
    [ATTR.OAUTH_SCOPE_REQUESTED]: 'admin openid orders:read orders:write',
    [ATTR.OAUTH_SCOPE_ALLOWED]: 'openid orders:read orders:write',
    [ATTR.OAUTH_SCOPE_GRANTED]: 'openid orders:read orders:write',
    [ATTR.OAUTH_TOKEN_EXPIRES_IN]: 3_600n,
  }
  const use = (kind: string, more: Fields = {}): Attributes =>
    record(
      {
        ...{ [ATTR.AUDIT_ACTION]: 'oauth.resource_access', [ATTR.OAUTH_ROLE]: 'resource_server' },
        ...{ [ATTR.OAUTH_TOKEN_HASH]: token(kind), ...client },
        ...{ [ATTR.HTTP_REQUEST_METHOD]: 'GET', [ATTR.HTTP_ROUTE]: '/orders/:id' },
        ...{ [ATTR.HTTP_RESPONSE_STATUS_CODE]: 200n, [ATTR.OAUTH_SCOPE_REQUIRED]: 'orders:read' },
        ...more,
      },
      person,
    )
  const denied = {
    ...{ [ATTR.AUDIT_OUTCOME]: 'denied', [ATTR.OAUTH_ERROR_REASON]: 'scope_insufficient' },
    ...{ [ATTR.HTTP_RESPONSE_STATUS_CODE]: 403n, [ATTR.OAUTH_SCOPE_MISSING]: 'admin' },
  }
  const refresh = { [ATTR.OAUTH_GRANT_TYPE]: 'refresh_token' }
  const presented = { [ATTR.OAUTH_REFRESH_PRESENTED_HASH]: token('refresh') }
  const lives: Attributes[] = [
    record({ ...server, [ATTR.AUDIT_ACTION]: 'oauth.login' }, person),
    record({ ...server, [ATTR.AUDIT_ACTION]: 'oauth.consent' }, person),
    record({ ...server, [ATTR.AUDIT_ACTION]: 'oauth.authorize' }, person),
    record(
      {
        ...{ ...server, ...issue, [ATTR.OAUTH_GRANT_TYPE]: 'authorization_code' },
        ...{ [ATTR.OAUTH_TOKEN_HASH]: token('access') },
        ...{ [ATTR.OAUTH_REFRESH_TOKEN_HASH]: token('refresh') },
      },
      person,
    ),
    use('access'),
    use('access', { [ATTR.HTTP_ROUTE]: '/orders' }),
    use('access', denied),
    record(
      {
        ...{ ...server, ...issue, ...refresh, ...presented },
        ...{ [ATTR.OAUTH_TOKEN_HASH]: token('second'), [ATTR.OAUTH_REFRESH_ROTATED]: true },
      },
      person,
    ),
    use('second', { [ATTR.AUDIT_PRIVILEGED]: 'export', [ATTR.HTTP_ROUTE]: '/export' }),
  ]
  if (end === 'revoked') {
    const revoke = { [ATTR.AUDIT_ACTION]: 'oauth.revoke', [ATTR.OAUTH_REVOCATION_CASCADE]: true }
    lives.push(record({ ...server, ...revoke, [ATTR.OAUTH_TOKEN_HASH]: token('second') }, person))
    lives.push(use('second'))
  }
  if (end === 'stolen') {
    const reuse = {
      ...{ [ATTR.AUDIT_OUTCOME]: 'failure', [ATTR.OAUTH_ERROR_CODE]: 'invalid_grant' },
      ...{ [ATTR.OAUTH_ERROR_REASON]: 'refresh_reused', [ATTR.OAUTH_REFRESH_REUSE_DETECTED]: true },
      ...{ [ATTR.OAUTH_REVOCATION_REASON]: 'reuse', [ATTR.OAUTH_REVOCATION_CASCADE]: true },
    }
    const checked = { [ATTR.AUDIT_ACTION]: 'oauth.token_validation', [ATTR.OAUTH_ROLE]: 'client' }
    lives.push(record({ ...checked, ...client, [ATTR.OAUTH_TOKEN_HASH]: token('second') }))
    lives.push(record({ ...server, ...refresh, ...presented, ...reuse }))
    lives.push(use('second'), use('second', denied), use('second'))
  }
  return lives
}

/** Every page has something to show. */
export const story: readonly Attributes[] = [
  ...life('one', 'alice', 'kept'),
  ...life('two', 'bob', 'revoked'),
  ...life('three', 'carol', 'stolen'),
  ...people.flatMap((person, n) => life(`w${n}`, person, 'kept')),
  ...['consent_required', 'client_not_allowed', 'consent_required'].map((reason) =>
    record({
      ...{ [ATTR.AUDIT_ACTION]: 'oauth.authorize', [ATTR.AUDIT_OUTCOME]: 'denied' },
      ...{ [ATTR.OAUTH_CLIENT_ID]: 'web', [ATTR.OAUTH_ERROR_CODE]: 'access_denied' },
      [ATTR.OAUTH_ERROR_REASON]: reason,
    }),
  ),
  // Somebody who came, and went without a log-in.
  record({
    ...{ [ATTR.AUDIT_ACTION]: 'oauth.authorize', [ATTR.AUDIT_OUTCOME]: 'challenge' },
    ...{ [ATTR.OAUTH_CLIENT_ID]: 'web', [ATTR.SESSION_ID]: `p1.${'nobody'.padEnd(22, 'A')}` },
    [ATTR.AUDIT_SLOT_PSEUDONYM_SALT]: salt,
  }),
  ...hostileValues.map((value) =>
    record({
      [ATTR.OAUTH_CLIENT_ID]: value,
      [ATTR.AUDIT_OUTCOME]: 'denied',
      [ATTR.HTTP_REQUEST_METHOD]: 'GET',
      [ATTR.HTTP_ROUTE]: value,
      [ATTR.OAUTH_ISSUER]: value,
    }),
  ),
]
