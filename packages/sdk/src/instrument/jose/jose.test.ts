import { spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import * as jose from 'jose'
import type { Occurrence } from '../../event.ts'
import type { AccessFacts, Facts } from '../../facts.ts'
import { createScopes, type ServedRequest } from '../scopes.ts'
import { instrumentJose } from './patch.ts'
import { joseError } from './reason.ts'

interface Jose {
  jwtVerify: typeof jose.jwtVerify
  jwtDecrypt: typeof jose.jwtDecrypt
  compactVerify: typeof jose.compactVerify
}

const { publicKey, privateKey } = await jose.generateKeyPair('EdDSA')
const options = { issuer: 'https://login.example.com', audience: 'api', typ: 'at+jwt' }

const sign = (claims: jose.JWTPayload = {}, typ = 'at+jwt'): Promise<string> =>
  new jose.SignJWT({ sub: 'ada', scope: 'a', ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'key-1', typ })
    .setIssuer(options.issuer)
    .setAudience('api')
    .setExpirationTime('5 min')
    .sign(privateKey)

const originals: Jose = { ...jose }

function setUp(own: object = {}) {
  const scopes = createScopes()
  const records: { action: string; facts: AccessFacts; at: Occurrence }[] = []
  const errors: unknown[] = []
  const hooks = instrumentJose({
    begin: (action) => ({
      record: (facts: Facts, at) => records.push({ action, facts: facts as AccessFacts, at }),
      lose: (error) => errors.push(error),
    }),
    scopes,
    roleClaims: [['roles']],
    onError: (error) => errors.push(error),
  })
  const exports = { ...jose, ...own } as unknown as Record<string, unknown> & Jose
  hooks.libraries[0]!.onLoad(exports)
  /** Runs in the scope of a request that presented this token. */
  const serving = async (token: string, run: () => Promise<unknown>): Promise<ServedRequest> => {
    const served: ServedRequest = {
      token: { value: token, scheme: 'bearer', location: 'header' },
      ...{ validation: null, parent: null, isClaimed: false },
    }
    scopes.serve({}, served)
    await run().catch(() => undefined)
    return served
  }
  return { exports, hooks, records, errors, scopes, serving }
}

test.each([true, false])(
  'after a request has ended, claimed: %j, it is validated apart',
  async (isClaimed) => {
    const { exports, records, scopes } = setUp()
    const token = await sign()
    const served: ServedRequest = {
      token: { value: token, scheme: 'bearer', location: 'header' },
      ...{ validation: null, parent: null, isClaimed, context: {} },
    }
    const request = {}
    scopes.serve(request, served)
    await exports.jwtVerify(token, publicKey, options)
    expect(records).toEqual([])
    scopes.ended(request)
    served.context = null
    await exports.jwtVerify(token, publicKey, options)
    expect(records).toMatchObject([{ action: 'oauth.token_validation' }])
  },
)

test('one function that calls another with the same token, as in 6.0, is told once', async () => {
  const { exports, records } = setUp({
    jwtVerify: async (jwt: string, key: jose.CryptoKey) => exports.compactVerify(jwt, key),
  })
  await exports.jwtVerify(await sign(), publicKey, options)
  expect(records).toMatchObject([{ action: 'oauth.token_validation' }])
})

test('disable() puts the functions back', () => {
  const { exports, hooks } = setUp()
  hooks.disable()
  for (const name of ['jwtVerify', 'jwtDecrypt', 'compactVerify'] as const) {
    expect(exports[name]).toBe(originals[name])
  }
})

describe('a wrapper', () => {
  test('has the name and the arity of its function, once', () => {
    const { exports, hooks } = setUp()
    for (const name of ['jwtVerify', 'jwtDecrypt', 'compactVerify'] as const) {
      const wrapper = exports[name]
      const own = originals[name]
      expect(wrapper).not.toBe(own)
      expect([wrapper.name, wrapper.length]).toEqual([own.name, own.length])
      hooks.libraries[1]!.onLoad(exports)
      expect(exports[name]).toBe(wrapper)
    }
  })

  test('passes on this, all arguments, and what comes of them', async () => {
    const seen: unknown[] = []
    const { exports } = setUp({
      jwtVerify(this: unknown, ...args: unknown[]) {
        seen.push(this, ...args)
        return Promise.resolve('value')
      },
    })
    const call = exports.jwtVerify as (...args: unknown[]) => Promise<unknown>
    const self = {}
    expect(await call.call(self, 1, 2, 3, 4)).toBe('value')
    expect(seen).toEqual([self, 1, 2, 3, 4])
  })

  test('passes on the same error, thrown at once or later', async () => {
    const error: Error = Object.freeze(new Error('frozen'))
    const later = setUp({ jwtVerify: () => Promise.reject(error) })
    await expect(later.exports.jwtVerify('x', publicKey)).rejects.toBe(error)
    const atOnce = setUp({
      jwtVerify: () => {
        throw error
      },
    })
    expect(() => atOnce.exports.jwtVerify('x', publicKey)).toThrow(error)
  })

  test('gives back what is no promise', () => {
    const { exports } = setUp({ jwtVerify: () => 7 })
    expect(exports.jwtVerify('x', publicKey)).toBe(7)
  })

  test('keeps its own failures to itself', async () => {
    const { exports, serving, errors, records } = setUp()
    const token = await sign()
    const hostile = {
      get issuer(): string {
        throw new Error('getter')
      },
    }
    const result = Promise.resolve({ payload: {}, protectedHeader: {} })
    const broken = setUp({ jwtVerify: () => result })
    const call = broken.exports.jwtVerify as (...args: unknown[]) => Promise<unknown>
    expect(await call('x', publicKey, hostile)).toBe(await result)
    expect(broken.errors).toEqual([new Error('getter')])
    await serving(token, () => exports.jwtVerify(token, publicKey, options))
    expect([errors, records]).toEqual([[], []])
  })

  test('leaves a rejection unhandled that nobody handles', () => {
    const script = `
      import * as jose from 'jose'
      import { instrumentJose } from './patch.ts'
      const scopes = { served() {}, calling() {} }
      const { libraries } = instrumentJose({ scopes, roleClaims: [] })
      const exports = { ...jose }
      libraries[0].onLoad(exports)
      if (exports.jwtVerify !== jose.jwtVerify) void exports.jwtVerify('x', new Uint8Array(32))`
    const flags = ['--conditions=@grantlog/source', '--input-type=module', '-e', script]
    const ended = spawnSync(process.execPath, flags, { cwd: import.meta.dirname, encoding: 'utf8' })
    expect([ended.status, ended.stderr]).toEqual([1, expect.stringContaining('ERR_JWS_INVALID')])
  })

  test('does nothing once it is disabled', async () => {
    const { exports, hooks, serving } = setUp()
    hooks.disable()
    const token = await sign()
    const served = await serving(token, () => exports.jwtVerify(token, publicKey))
    expect(served.validation).toBeNull()
  })
})

describe('what a validation says goes', () => {
  test('to the request that presented the token', async () => {
    const { exports, serving, records } = setUp()
    const token = await sign({ roles: ['user'] })
    const served = await serving(token, () => exports.jwtVerify(token, publicKey, options))
    expect(served.validation).toMatchObject({
      library: 'jose',
      error: null,
      format: 'jwt',
      header: { alg: 'EdDSA', kid: 'key-1' },
      claims: { subject: 'ada', issuer: options.issuer, audience: ['api'], roles: ['user'] },
    })
    expect(records).toEqual([])
  })

  test('also of bytes, and of a signature alone', async () => {
    const { exports, serving } = setUp()
    const token = await sign()
    const bytes = Buffer.from(token)
    for (const run of [
      () => exports.jwtVerify(bytes, publicKey),
      () => exports.compactVerify(token, publicKey),
    ]) {
      const served = await serving(token, run)
      expect(served.validation).toMatchObject({ error: null, claims: { subject: 'ada' } })
    }
  })

  test('also of an encrypted token', async () => {
    const { exports, serving } = setUp()
    const secret = new Uint8Array(32)
    const token = await new jose.EncryptJWT({ sub: 'ada' })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(secret)
    const served = await serving(token, () => exports.jwtDecrypt(token, secret))
    expect(served.validation).toMatchObject({ format: 'jwe', claims: { subject: 'ada' } })
  })

  test('without a word of a token that is not valid', async () => {
    const { exports, serving } = setUp()
    const token = await sign({ aud: 'elsewhere' })
    const served = await serving(token, () => exports.jwtVerify(token, publicKey, { issuer: 'x' }))
    expect(served.validation).toEqual({
      library: 'jose',
      error: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', reason: 'issuer_mismatch' },
      format: 'jwt',
      header: { alg: null, kid: null },
      claims: null,
    })
  })

  test.each(['first', 'last'])('as a success, when the right issuer is tried %s', async (order) => {
    const { exports, serving } = setUp()
    const token = await sign()
    const tries = [options, { ...options, issuer: 'https://other.example.com' }]
    if (order === 'last') tries.reverse()
    const served = await serving(token, async () => {
      for (const one of tries) await exports.jwtVerify(token, publicKey, one).catch(() => undefined)
    })
    expect(served.validation?.error).toBeNull()
    expect(served.failure?.error?.reason).toBe(order === 'first' ? 'issuer_mismatch' : undefined)
  })

  test('into a record of its own, of a token of OAuth outside of any request', async () => {
    const { exports, records } = setUp()
    const token = await sign()
    await exports.jwtVerify(token, publicKey)
    await exports
      .jwtVerify(token, publicKey, { typ: 'at+jwt', audience: 'x' })
      .catch(() => undefined)
    const logout = await sign({}, 'logout+jwt')
    await exports.jwtVerify(logout, publicKey, options).catch(() => undefined)
    await exports.jwtVerify(await sign({}, 'JWT'), publicKey, { audience: 'api' })
    expect(
      records.map(({ action, facts }) => [
        action,
        facts.token?.type,
        facts.validation?.error?.reason,
      ]),
    ).toEqual([
      ['oauth.token_validation', 'access_token', undefined],
      ['oauth.token_validation', 'access_token', 'audience_mismatch'],
      ['oauth.token_validation', 'access_token', 'claim_invalid'],
      ['oauth.token_validation', 'unknown', undefined],
    ])
    expect(records[0]!.facts).toMatchObject({ http: null, token: { value: token, location: null } })
  })

  test('nowhere, of other tokens, of those of a claimed request, and within a call', async () => {
    const { exports, records, serving, scopes } = setUp()
    await exports.jwtVerify(await sign({}, 'JWT'), publicKey)
    await exports.jwtVerify(await sign({}, 'dpop+jwt'), publicKey, { audience: 'api' })
    await scopes.call({ exchanges: [], isOver: false }, async () =>
      exports.jwtVerify(await sign(), publicKey),
    )
    const token = await sign()
    await serving(token, async () => {
      scopes.served()!.isClaimed = true
      await exports.jwtVerify(token, publicKey)
      await exports.jwtVerify(await sign({ sub: 'other' }), publicKey)
    })
    expect(records).toEqual([])
  })

  test('into its own record, when another token was presented', async () => {
    const { exports, records, serving } = setUp()
    const other = await sign({ sub: 'other' })
    const served = await serving(await sign(), () => exports.jwtVerify(other, publicKey))
    expect(served.validation).toBeNull()
    expect(records).toMatchObject([{ facts: { token: { value: other } } }])
  })
})

describe('the reason of an error', () => {
  const claim = (name: string, reason: string): Error =>
    new jose.errors.JWTClaimValidationFailed('text', {}, name, reason)

  test.each<[string, unknown, string]>([
    ['another audience', claim('aud', 'check_failed'), 'audience_mismatch'],
    ['no audience', claim('aud', 'missing'), 'claim_invalid'],
    ['another issuer', claim('iss', 'check_failed'), 'issuer_mismatch'],
    ['too young', claim('nbf', 'check_failed'), 'token_not_yet_valid'],
    ['from the future', claim('iat', 'check_failed'), 'token_not_yet_valid'],
    ['no number', claim('nbf', 'invalid'), 'claim_invalid'],
    ['another type', claim('typ', 'check_failed'), 'claim_invalid'],
    ['a strange claim', claim('constructor', 'check_failed'), 'claim_invalid'],
    ['too old', new jose.errors.JWTExpired('text', {}), 'token_expired'],
    ['forged', new jose.errors.JWSSignatureVerificationFailed(), 'signature_invalid'],
    ['no key', new jose.errors.JWKSNoMatchingKey(), 'key_unknown'],
    ['no keys in time', new jose.errors.JWKSTimeout(), 'jwks_unavailable'],
    [
      'no keys',
      new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }),
      'jwks_unavailable',
    ],
    [
      'a time-out',
      new TypeError('x', { cause: { code: 'UND_ERR_CONNECT_TIMEOUT' } }),
      'jwks_unavailable',
    ],
    ['the algorithm', new jose.errors.JOSEAlgNotAllowed('text'), 'algorithm_not_allowed'],
    ['a mistake of the caller', new TypeError('no key'), 'other'],
    ['one that Node found', { code: 'ERR_INVALID_ARG_TYPE' }, 'other'],
    ['a string', 'thrown', 'other'],
    ['nothing', undefined, 'other'],
    ['a member of all objects', { code: 'constructor' }, 'other'],
  ])('%s', (_, thrown, reason) => {
    expect(joseError(thrown).reason).toBe(reason)
  })

  test('every error of jose has one', () => {
    const classes = Object.values(jose.errors) as unknown as (new (
      text: string,
      payload: object,
    ) => Error)[]
    for (const JoseError of classes) {
      expect(joseError(new JoseError('text', {}))).toEqual({
        code: (JoseError as unknown as { code: string }).code,
        reason: expect.not.stringMatching(/^other$/),
      })
    }
    expect(classes.length).toBeGreaterThan(12)
  })

  test('no text or code of an error leaves that somebody may have typed', () => {
    const strange = Object.assign(new Error('S3cret'), { code: 'S3cret Passw0rd' })
    expect(joseError(strange)).toEqual({ code: '_OTHER', reason: 'other' })
  })
})
