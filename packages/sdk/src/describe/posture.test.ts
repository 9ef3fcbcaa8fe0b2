// Each flag of oauth.posture: what raises it, and what is as it should be and does not.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'
import type { AccessFacts, CallFacts, Endpoint, ServerFacts } from '../facts.ts'
import { longLivedTokenS } from '../limits.ts'
import { describeAccessPosture, describeCallPosture, describeServerPosture } from './posture.ts'
import { Told } from './value.ts'

const nothing = {
  ...{ grantType: null, responseType: null, responseMode: null, scope: null, redirectUri: null },
  ...{ prompt: null, acrValues: null, resources: [], codeChallengeMethod: null },
  ...{ hasCodeChallenge: false, hasCodeVerifier: false, hasRequestObject: false },
  ...{ hasPushedRequest: false, refreshToken: null },
}
const tokens = {
  ...{ accessToken: 'S3cret-access', refreshToken: 'S3cret-refresh', hasIdToken: false },
  ...{ expiresInS: 600, scope: null, isJwt: false, binding: null, audience: [] },
}
const challenged = { responseType: 'code', hasCodeChallenge: true, codeChallengeMethod: 'S256' }
const known = { grantTypes: [], scopes: [], resources: [], acrs: [], isRedirectUri: true }

type Parameters = Partial<ServerFacts['parameters']>
type More = Partial<ServerFacts>

/** Flags of a request to an authorization server. */
function server(
  endpoint: Endpoint,
  parameters: Parameters,
  more: More = {},
  outcome: 'success' | 'challenge' | 'failure' = 'success',
): unknown {
  const facts = {
    ...{ endpoint, parameters: { ...nothing, ...parameters }, known, presented: null },
    ...{ client: null, tokens: null, refresh: null },
    ...more,
  }
  const told = new Told()
  describeServerPosture(told, facts as unknown as ServerFacts, outcome)
  return told.attributes.get(ATTR.OAUTH_POSTURE) ?? ''
}

const ask = (parameters: Parameters, more?: More): unknown =>
  server('authorization', parameters, more)
const to = (redirectUri: string, more: Partial<ServerFacts['known']> = {}): unknown =>
  ask({ ...challenged, redirectUri }, { known: { ...known, ...more } })
const exchange = { grantType: 'authorization_code', hasCodeVerifier: true }
const lasting = (expiresInS: number | null): unknown =>
  server('token', exchange, { tokens: { ...tokens, expiresInS } })

const spa = { id: 'spa', name: null, authMethod: 'none' }
const web = { id: 'web', name: null, authMethod: 'client_secret_basic' }
/** A refresh, by a client. */
function refreshed(client: ServerFacts['client'], rotated: boolean, more = {}): unknown {
  const refresh = { rotated, rotations: 0, reused: false, issuedAtS: null }
  const parameters = { grantType: 'refresh_token' }
  return server('token', parameters, { client, refresh, tokens: { ...tokens, ...more } })
}

function shown(more: object, outcome = 'success', claims: object = {}): unknown {
  const facts = {
    token: { value: 'S3cret', type: 'access_token', scheme: 'bearer', location: 'header', ...more },
    validation: { claims: { boundKey: null, issuedAtS: 1000, expiresAtS: 1600, ...claims } },
  }
  const told = new Told()
  describeAccessPosture(told, facts as unknown as AccessFacts, outcome)
  return told.attributes.get(ATTR.OAUTH_POSTURE) ?? ''
}

function call(action: string, parameters: Parameters, more: Partial<CallFacts> = {}): unknown {
  const facts = {
    ...{ action, parameters: { ...nothing, ...parameters }, clientAuthMethod: 'none' },
    ...{ error: null, tokens: null },
    ...more,
  }
  const told = new Told()
  describeCallPosture(told, facts as unknown as CallFacts)
  return told.attributes.get(ATTR.OAUTH_POSTURE) ?? ''
}

const error = { code: 'invalid_grant', type: 'invalid_grant', reason: null, by: 'server' } as const
const url = { location: 'query' } as never
const key = { boundKey: 'k' }
const day = longLivedTokenS
const old = 'S3cret-old'
const reuse = { grantType: 'refresh_token', refreshToken: old }

/** Flag → what raises it, and what does not. */
const flags: Readonly<Record<string, readonly [raised: unknown[], not: unknown[]]>> = {
  bound_token_as_bearer: [
    [shown({}, 'success', key)],
    [shown({ scheme: 'dpop' }, 'success', key), shown({}, 'failure', key), shown({})],
  ],
  implicit: [
    [ask({ responseType: 'token' })],
    [ask(challenged), ask({ responseType: 'id_token' })],
  ],
  inexact_redirect: [
    [to('https://a.example/x', { isExactRedirectUri: false })],
    [to('https://a.example/'), to('https://a.example/', { isExactRedirectUri: true })],
  ],
  localhost_redirect: [
    [to('http://localhost:3000/cb'), to('https://localhost/cb')],
    [to('http://127.0.0.1:3000/'), to('https://localhost.example/'), to('com.example:/cb')],
  ],
  long_lived_token: [
    [lasting(day + 1), shown({}, 'success', { expiresAtS: 1001 + day })],
    [lasting(day), lasting(null), shown({}), shown({}, 'denied', { expiresAtS: 1001 + day })],
  ],
  no_iss: [
    [ask(challenged, { saysIssuer: false }), call('oauth.token', exchange, { saysIssuer: false })],
    [ask(challenged, { saysIssuer: true }), call('oauth.token', exchange)],
  ],
  no_pkce: [
    [
      ...[ask({ responseType: 'code' }), server('resume', { responseType: 'code' })],
      server('pushed_authorization_request', { responseType: 'code' }),
      server('token', { grantType: 'authorization_code' }),
      call('oauth.token', { grantType: 'authorization_code' }),
      call('oauth.par', { responseType: 'code' }),
    ],
    [ask(challenged), server('token', exchange), call('oauth.token', exchange)],
  ],
  password_grant: [
    [server('token', { grantType: 'password' }), call('oauth.token', { grantType: 'password' })],
    [server('token', { grantType: 'client_credentials' })],
  ],
  pkce_plain: [
    [
      ask({ ...challenged, codeChallengeMethod: 'plain' }),
      ask({ ...challenged, codeChallengeMethod: null }),
    ],
    [ask(challenged)],
  ],
  plain_redirect: [
    [to('http://a.example/cb')],
    [to('http://127.0.0.1/cb'), to('http://[::1]:8080/cb'), to('https://a.example/cb')],
  ],
  token_in_query: [
    [
      ...[shown({ location: 'query' }), shown({ location: 'query' }, 'failure')],
      server('userinfo', {}, { presented: url }),
      server('userinfo', {}, { presented: url }, 'failure'),
    ],
    [shown({ location: 'body' })],
  ],
  unbound_refresh_token: [
    [
      refreshed(spa, false),
      call('oauth.token', reuse, { tokens: { ...tokens, refreshToken: null } }),
      call('oauth.token', reuse, { tokens: { ...tokens, refreshToken: old } }),
    ],
    [
      ...[refreshed(spa, true), refreshed(web, false)],
      refreshed(spa, false, { refreshBinding: 'dpop' }),
      refreshed(spa, false, { binding: 'mtls' }),
      call('oauth.token', reuse, { tokens }),
      call('oauth.token', reuse, { tokens: { ...tokens, refreshToken: null, binding: 'dpop' } }),
    ],
  ],
}

describe('weak, and let through', () => {
  test.each(Object.entries(flags))('%s', (flag, [raised, not]) => {
    expect(raised).toEqual(raised.map(() => flag))
    expect(not).toEqual(not.map(() => ''))
  })

  test('of what was refused nothing is told', () => {
    expect(server('authorization', { responseType: 'code' }, {}, 'failure')).toBe('')
    expect(server('token', { grantType: 'password' }, {}, 'failure')).toBe('')
    expect(call('oauth.token', { grantType: 'password' }, { error })).toBe('')
  })

  test('a redirect URI that is not the client\u2019s is not looked at', () => {
    expect(to('http://localhost/', { isRedirectUri: false, isExactRedirectUri: false })).toBe('')
  })

  test('several at once', () => {
    expect(ask({ responseType: 'code', redirectUri: 'http://localhost/cb' })).toBe(
      'localhost_redirect no_pkce',
    )
  })
})

test('the flags are those of the registry', () => {
  const document = new URL('../../../record/ATTRIBUTES.md', import.meta.url)
  const [, values = ''] = readFileSync(document, 'utf8').split('\n`oauth.posture`:\n')
  const listed = values.split('\n## ')[0]!.matchAll(/^- `(\w+)` /gm)
  expect(Array.from(listed, ([, flag]) => flag)).toEqual(Object.keys(flags))
})
