import { describe, expect, test } from '@jest/globals'
import { descriptions } from '@grantlog/record/described'
import type { AccessFacts, Facts } from '../facts.ts'
import type { ValidationFacts } from '../validation-facts.ts'
import { createScopes, type ServedRequest } from './scopes.ts'
import { createOpenValidations, reasons, type ToldValidation } from './validating.ts'

const token = 'ey.ey.S3cret'

function setUp() {
  const scopes = createScopes()
  const records: AccessFacts[] = []
  const options = {
    begin: () => ({
      record: (facts: Facts) => void records.push(facts as AccessFacts),
      lose: (error: unknown) => expect(error).toBe(undefined),
    }),
    ...{ scopes, roleClaims: [], onError: (error: unknown) => expect(error).toBe(undefined) },
  }
  const opens = {
    outer: createOpenValidations(options, 'outer'),
    inner: createOpenValidations(options, 'inner'),
  }
  /** A library that says this of a token at once. */
  const inner = (told: ToldValidation): void => {
    const open = opens.inner()
    open.run(() => open.end({ token, type: 'access_token', ...told }))
  }
  const served = (): ServedRequest => ({
    token: { value: token, scheme: 'bearer', location: 'header' },
    ...{ validation: null, parent: null, isClaimed: false, context: {} },
  })
  return { scopes, records, outer: opens.outer, inner, served }
}

const refusal = (reason: 'other' | 'token_unknown' | 'signature_invalid', code = 'E') => ({
  refusal: { code, reason },
})
const says = (facts: ValidationFacts | null | undefined): unknown[] => [
  ...[facts?.library, facts?.error?.reason, facts?.claims?.subject],
]

describe('apart from a request', () => {
  test('one library within another makes one record, of the outer one', () => {
    const { outer, inner, records } = setUp()
    const open = outer()
    open.run(() => inner({ claims: { sub: 'ada' }, header: { alg: 'RS256', kid: 'k' } }))
    expect(records).toEqual([])
    open.end({ token })
    expect(records.map(({ validation }) => says(validation))).toEqual([['outer', undefined, 'ada']])
    expect(records[0]!.validation).toMatchObject({ header: { alg: 'RS256', kid: 'k' } })
    expect(records[0]!.token?.type).toBe('access_token')
  })

  test('another token is its own, and so is all of which the outer says nothing', () => {
    const { outer, inner, records } = setUp()
    const open = outer()
    open.run(() => inner({ token: 'another' }))
    open.end({ token, type: 'access_token' })
    const silent = outer()
    silent.run(() => inner({}))
    silent.end(null)
    expect(records.map(({ validation, token: of }) => [validation?.library, of?.value])).toEqual([
      ...[
        ['inner', 'another'],
        ['outer', token],
        ['inner', token],
      ],
    ])
  })

  test('it ends once, and what is called later is not within it', () => {
    const { outer, inner, records } = setUp()
    const open = outer()
    open.run(() => {
      open.end({ token, type: 'access_token' })
      inner({})
      open.end({ token, type: 'access_token' })
    })
    expect(records.map(({ validation }) => validation?.library)).toEqual(['outer', 'inner'])
  })

  test('one in the middle that never ends keeps nothing from the outermost', () => {
    const { outer, inner, records } = setUp()
    const first = outer()
    first.run(() => outer().run(() => inner({ claims: { sub: 'ada' } })))
    first.end({ token })
    expect(records.map((one) => says(one.validation))).toEqual([['outer', undefined, 'ada']])
  })

  test('in three layers, the outermost is told', () => {
    const { outer, inner, records } = setUp()
    const first = outer()
    first.run(() => {
      const middle = outer()
      middle.run(() => inner({ claims: { sub: 'ada' } }))
      middle.end({ token })
    })
    first.end({ token })
    expect(records.map((one) => says(one.validation))).toEqual([['outer', undefined, 'ada']])
  })

  test('a token of no known kind has no record', () => {
    const { outer, records } = setUp()
    outer().end({ token, claims: { sub: 'ada' } })
    expect(records).toEqual([])
  })
})

describe('of the request that presented the token', () => {
  test('an outer library that never ends hides nothing', () => {
    const { scopes, outer, inner, served, records } = setUp()
    const request = served()
    scopes.serve({}, request)
    outer().run(() => inner({ claims: { sub: 'ada' } }))
    expect([says(request.validation), records]).toEqual([['inner', undefined, 'ada'], []])
  })

  test('without a token it says nothing', () => {
    const { scopes, outer, served } = setUp()
    const request = { ...served(), token: null }
    scopes.serve({}, request)
    outer().end({ claims: { sub: 'ada' } })
    expect(request.validation).toBeNull()
  })

  test.each<[string, ToldValidation[], ToldValidation, unknown[]]>([
    ['a reason that only the inner knows', [refusal('signature_invalid')], refusal('other'), []],
    [
      'the one that was found furthest, of several keys',
      [{ refusal: { code: 'E', reason: 'token_expired' } }, refusal('signature_invalid')],
      refusal('signature_invalid'),
      ['token_expired'],
    ],
    ['its own, if it knows', [refusal('other')], refusal('signature_invalid'), []],
    [
      'that the user is not known, of a token that is good',
      [{ claims: { sub: 'ada' } }],
      refusal('token_unknown'),
      ['account_unknown', 'ada'],
    ],
    [
      'nobody, of a token that is good for another',
      [{ claims: { sub: 'ada' } }],
      { refusal: { code: 'E', reason: 'audience_mismatch' } },
      ['audience_mismatch'],
    ],
    [
      'who asked for too much',
      [{ claims: { sub: 'ada' } }],
      { refusal: { code: 'E', reason: 'scope_insufficient' } },
      ['scope_insufficient', 'ada'],
    ],
  ])('a refusal says %s', (_, said, told, [reason = 'signature_invalid', subject]) => {
    const { scopes, outer, inner, served } = setUp()
    const request = served()
    scopes.serve({}, request)
    const open = outer()
    open.run(() => said.forEach(inner))
    open.end(told)
    expect(says(request.failure ?? request.validation)).toEqual(['outer', reason, subject])
  })

  test('what the token says goes before what the application makes of it', () => {
    const { scopes, outer, inner, served } = setUp()
    const request = served()
    scopes.serve({}, request)
    const open = outer()
    open.run(() => inner({ claims: { sub: 'ada', scope: 'a' } }))
    open.end({ part: 'jwt', claims: { sub: '7', client_id: 'web' } })
    expect(request.validation).toMatchObject({
      library: 'outer/jwt',
      claims: { subject: 'ada', clientId: 'web', scope: 'a' },
    })
  })

  test('every reason is one of the registry', () => {
    const known = descriptions.get('oauth.error.reason')!.values
    expect(reasons.filter((one) => !known.has(one))).toEqual([])
  })

  test('what is none of our words is not told', () => {
    const { scopes, outer, served } = setUp()
    const request = served()
    scopes.serve({}, request)
    const told = { format: 'S3cret', refusal: { code: 'E', reason: 'S3cret' } }
    outer().end(told as unknown as ToldValidation)
    expect(request.validation).toMatchObject({
      format: 'opaque',
      error: { code: 'E', reason: 'other' },
    })
  })

  test('a part that may be anything is left out', () => {
    const { scopes, outer, served } = setUp()
    const request = served()
    scopes.serve({}, request)
    outer().end({ part: 'S3cret text' })
    expect(request.validation?.library).toBe('outer')
  })
})
