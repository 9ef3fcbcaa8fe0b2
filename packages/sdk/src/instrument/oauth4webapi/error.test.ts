import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import * as oauth from 'oauth4webapi'
import { ClientError } from 'openid-client'
import { isMisuse, libraryCodes, libraryFailure } from './error.ts'

const { OperationProcessingError, UnsupportedOperationError } = oauth

function processing(message: string, code: string, cause?: unknown): Error {
  return new OperationProcessingError(message, { code, cause })
}

/** As openid-client makes it, whose types do not show that it takes a code. */
function clientError(code: string, cause?: unknown): Error {
  return Object.assign(new ClientError('in other words', { cause }), { code })
}

const carriers = [
  'OAUTH_AUTHORIZATION_RESPONSE_ERROR',
  'OAUTH_RESPONSE_BODY_ERROR',
  'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
]

test.each(['oauth4webapi', 'openid-client'])('every code of the installed %s is known', (name) => {
  const source = readFileSync(fileURLToPath(import.meta.resolve(name)), 'utf8')
  const codes = new Set([...source.matchAll(/'(OAUTH_[A-Z_]+)'/g)].map(([, code]) => code!))
  expect(codes.size).toBeGreaterThan(2)
  for (const code of codes) expect([...Object.keys(libraryCodes), ...carriers]).toContain(code)
})

test('no code is known that there is not', () => {
  const exported = Object.values(oauth).filter((one) => typeof one === 'string')
  const own = ['OAUTH_ABORT', 'OAUTH_DECRYPTION_FAILED', 'OAUTH_TIMEOUT']
  for (const code of Object.keys(libraryCodes)) expect([...exported, ...own]).toContain(code)
})

const body = { body: { S3cret: 1 } }
const response = (status: number): Response => new Response('S3cret', { status })

describe('why a call failed', () => {
  test.each<[string, Error, string, string | null, string]>([
    [
      'another nonce',
      processing('x', oauth.JWT_CLAIM_COMPARISON, { claim: 'nonce', claims: {} }),
      'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
      'nonce_mismatch',
      'client',
    ],
    [
      'another issuer',
      processing('x', oauth.JWT_CLAIM_COMPARISON, { claim: 'iss' }),
      'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
      'issuer_mismatch',
      'client',
    ],
    [
      'another audience',
      processing('x', oauth.JWT_CLAIM_COMPARISON, { claim: 'aud' }),
      'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
      'audience_mismatch',
      'client',
    ],
    [
      'another claim',
      processing('x', oauth.JWT_CLAIM_COMPARISON, { claim: 'c_hash', code: 'S3CRET' }),
      'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
      'claim_invalid',
      'client',
    ],
    [
      'a name of Object',
      processing('x', oauth.JWT_CLAIM_COMPARISON, { claim: 'toString' }),
      'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
      'claim_invalid',
      'client',
    ],
    [
      'an old token',
      processing('x', oauth.JWT_TIMESTAMP_CHECK, { claim: 'exp' }),
      'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
      'token_expired',
      'client',
    ],
    [
      'a young token',
      processing('x', oauth.JWT_TIMESTAMP_CHECK, { claim: 'nbf' }),
      'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
      'token_not_yet_valid',
      'client',
    ],
    [
      'an old log-in',
      processing('x', oauth.JWT_TIMESTAMP_CHECK, { claim: 'auth_time' }),
      'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
      'login_required',
      'client',
    ],
    [
      'metadata of another',
      processing('x', oauth.JSON_ATTRIBUTE_COMPARISON, { attribute: 'issuer' }),
      'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
      'issuer_mismatch',
      'client',
    ],
    [
      'another user',
      processing('x', oauth.JSON_ATTRIBUTE_COMPARISON, { attribute: 'sub' }),
      'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
      'claim_invalid',
      'client',
    ],
    [
      'no key',
      processing('x', oauth.KEY_SELECTION, body),
      'OAUTH_KEY_SELECTION_FAILED',
      'key_unknown',
      'client',
    ],
    [
      'a bad signature',
      processing('JWT signature verification failed', oauth.INVALID_RESPONSE),
      'OAUTH_INVALID_RESPONSE',
      'signature_invalid',
      'client',
    ],
    [
      'another state',
      processing('unexpected "state" response parameter value', oauth.INVALID_RESPONSE),
      'OAUTH_INVALID_RESPONSE',
      'state_mismatch',
      'client',
    ],
    [
      'no issuer',
      processing('response parameter "iss" (issuer) missing', oauth.INVALID_RESPONSE),
      'OAUTH_INVALID_RESPONSE',
      'issuer_mismatch',
      'client',
    ],
    [
      'another algorithm',
      processing('unexpected JWT "alg" header parameter', oauth.INVALID_RESPONSE),
      'OAUTH_INVALID_RESPONSE',
      'algorithm_not_allowed',
      'client',
    ],
    [
      'no nonce',
      processing('JWT "nonce" (nonce) claim missing', oauth.INVALID_RESPONSE),
      'OAUTH_INVALID_RESPONSE',
      'nonce_mismatch',
      'client',
    ],
    [
      'no subject',
      processing('JWT "sub" (subject) claim missing', oauth.INVALID_RESPONSE),
      'OAUTH_INVALID_RESPONSE',
      'claim_invalid',
      'client',
    ],
    [
      'no JWT',
      processing('Invalid JWT', oauth.INVALID_RESPONSE),
      'OAUTH_INVALID_RESPONSE',
      'token_malformed',
      'client',
    ],
    [
      'a bad answer',
      processing('"response" body must be a top level object', oauth.INVALID_RESPONSE),
      'OAUTH_INVALID_RESPONSE',
      null,
      'client',
    ],
    [
      'no JSON',
      processing('failed to parse "response" body as JSON', oauth.PARSE_ERROR),
      'OAUTH_PARSE_ERROR',
      null,
      'server',
    ],
    [
      'a broken JWT',
      processing('failed to parse JWT Header', oauth.PARSE_ERROR),
      'OAUTH_PARSE_ERROR',
      'token_malformed',
      'server',
    ],
    [
      'a broken server',
      processing('x', oauth.RESPONSE_IS_NOT_CONFORM, response(503)),
      'OAUTH_RESPONSE_IS_NOT_CONFORM',
      'internal',
      'server',
    ],
    [
      'a strange server',
      processing('x', oauth.RESPONSE_IS_NOT_JSON, response(200)),
      'OAUTH_RESPONSE_IS_NOT_JSON',
      null,
      'server',
    ],
    [
      'an odd algorithm',
      new UnsupportedOperationError('unsupported JWS algorithm', { cause: { alg: 'S3cret' } }),
      'OAUTH_UNSUPPORTED_OPERATION',
      'algorithm_not_allowed',
      'client',
    ],
    ['a later code', processing('x', 'OAUTH_SOMETHING_NEW'), 'OAUTH_SOMETHING_NEW', null, 'client'],
  ])('%s', (...[, error, type, reason, by]) => {
    const expected = { code: null, type, reason, by }
    expect(libraryFailure(error)).toEqual(expected)
    // As openid-client passes it on.
    const { code, cause } = error as Error & { code: string }
    const isAnswer = cause instanceof Response
    const outer = clientError(code, isAnswer ? cause : error)
    expect(libraryFailure(outer)).toEqual(expected)
  })

  test('the code of an answer', () => {
    const cause = { error: 'invalid_grant', error_description: 'S3cret' }
    const error = new oauth.ResponseBodyError('x', { cause, response: response(400) })
    const said = { reason: null, by: 'server' }
    const known = { ...said, code: 'invalid_grant', type: 'invalid_grant' }
    expect(libraryFailure(error)).toEqual(known)
    const parameters = new URLSearchParams({ error: 'access_denied', error_description: 'S3cret' })
    const denied = new oauth.AuthorizationResponseError('x', { cause: parameters })
    expect(libraryFailure(denied)).toMatchObject({ code: 'access_denied' })
    const typed = new URLSearchParams({ error: 'S3cret Passw0rd' })
    const odd = new oauth.AuthorizationResponseError('x', { cause: typed })
    expect(libraryFailure(odd)).toMatchObject({ code: '_OTHER', type: '_OTHER' })
  })

  test('the code of a challenge, or its status', () => {
    const of = (error: string | undefined, status = 401): object => {
      const parameters = error === undefined ? {} : { error }
      const cause = [{ scheme: 'bearer' as const, parameters }]
      return libraryFailure(
        new oauth.WWWAuthenticateChallengeError('x', { cause, response: response(status) }),
      )
    }
    expect(of('insufficient_scope', 403)).toMatchObject({ code: 'insufficient_scope' })
    expect(of(undefined, 403)).toMatchObject({ code: null, type: '403', by: 'server' })
  })

  test('the network, or the patience of the application', () => {
    const gone = Object.assign(new Error('S3cret'), { code: 'ECONNREFUSED' })
    const by = 'network'
    expect(libraryFailure(new TypeError('fetch failed', { cause: gone }))).toEqual({
      ...{ code: null, type: 'ECONNREFUSED', reason: 'unreachable', by },
    })
    const timeout = clientError('OAUTH_TIMEOUT', new DOMException('x', 'TimeoutError'))
    expect(libraryFailure(timeout)).toMatchObject({ type: 'OAUTH_TIMEOUT', reason: 'unreachable' })
    const abort = clientError('OAUTH_ABORT')
    expect(libraryFailure(abort)).toMatchObject({ type: 'OAUTH_ABORT', reason: null, by })
    expect(libraryFailure('S3cret')).toMatchObject({ type: '_OTHER', reason: null, by })
  })
})

test.each<[string, unknown, boolean]>([
  ['a wrong argument', Object.assign(new TypeError('x'), { code: 'ERR_INVALID_ARG_TYPE' }), true],
  ['another flow', new TypeError('cannot be used'), true],
  ['no endpoint', processing('x', oauth.MISSING_SERVER_METADATA), true],
  ['only https', clientError('OAUTH_HTTP_REQUEST_FORBIDDEN'), true],
  ['no network', new TypeError('fetch failed', { cause: new Error('x') }), false],
  ['a refusal', processing('x', oauth.INVALID_RESPONSE), false],
  ['an error of the application', new RangeError('mine'), false],
  ['no error', 'S3cret', false],
])('%s is misuse: %#', (_, error, expected) => {
  expect(isMisuse(error)).toBe(expected)
})
