// What an API sees and its authorization server does not: its own challenge, and its own clock.
import { expect, test } from '@jest/globals'
import { ATTR, builtInPolicy } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { AccessFacts } from '../facts.ts'
import { sha256 } from '../sha256.ts'
import { describeAccess } from './resource-server.ts'

const hashes: Hashes = { token: (token) => token, typedToken: () => null, person: () => null }

const claims = {
  ...{ issuer: null, subject: 'ada', clientId: 'web', audience: [], scope: null, roles: [] },
  ...{ actors: [], jti: null, issuedAtS: 1000, expiresAtS: null, authTimeS: null, acr: 'phr' },
  ...{ amr: [], sessionId: null, boundKey: null, isBoundToCertificate: false },
}
const header = { alg: null, kid: null }
const validation = { library: 'jose', error: null, format: 'jwt', header, claims } as const
const facts: AccessFacts = {
  ...{ kind: 'access', action: 'oauth.resource_access', validation, isCut: false },
  ...{ challenge: null, responseBytes: null, responseRows: null, endedAtS: 1060 },
  token: { value: 'raw', type: 'access_token', scheme: 'bearer', location: 'header' },
  http: {
    ...{ method: 'GET', route: '/', target: '/', status: 200 },
    ...{ clientAddress: null, userAgent: null },
  },
}

function told(more: Partial<AccessFacts>): Readonly<Record<string, unknown>> {
  const policy = builtInPolicy(sha256)
  return Object.fromEntries(describeAccess({ ...facts, ...more }, hashes, policy).attributes)
}

test('a token of the future shows a clock that is ahead', () => {
  const made = (issuedAtS: number): unknown =>
    told({ validation: { ...validation, claims: { ...claims, issuedAtS } } })[ATTR.OAUTH_CLOCK_SKEW]
  expect([1000, 1061, 1062, 1100].map(made)).toEqual([undefined, undefined, 2n, 40n])
})

test('a stronger log-in: what was asked for, and what there was', () => {
  const error = 'insufficient_user_authentication'
  const challenge = { error, scope: null, acr: 'phrh phr' }
  expect(told({ http: { ...facts.http!, status: 401 }, challenge })).toMatchObject({
    [ATTR.AUDIT_OUTCOME]: 'challenge',
    [ATTR.OAUTH_ERROR_REASON]: 'acr_insufficient',
    [ATTR.OAUTH_AUTH_ACR]: 'phr',
    [ATTR.OAUTH_AUTH_ACR_REQUESTED]: 'phr phrh',
  })
})
