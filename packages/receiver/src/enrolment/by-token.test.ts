// Guarantee: by an access token a client enrols only a key that it has, for the one service that
// the configuration names, once its leaf is in the log; and a service that has a key keeps it.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Enrolment } from '@grantlog/ledger'
import { signEnrolConsent } from '@grantlog/record'
import { type Harness, newTenant, rawRequest, startHarness, startSink } from '../../test/harness.ts'
import { type Issuer, startIssuer, type TokenOptions } from '../../test/issuer.ts'
import { type Claims, nonce, proofOf, signer } from '../../test/enrolling.ts'
import {
  createProducer,
  encodeSpans,
  type Producer,
  recordSpan,
  signSpans,
} from '../../test/producer.ts'
import type { IssuerOptions } from '../callers/options.ts'

const origin = 'example.com/log'
const enrol = [
  { client: 'shop-api', service: 'api', roles: ['resource_server'] },
  { client: 'login', service: 'login', roles: ['client'] },
  { client: 'old', service: 'old', roles: ['client'] },
  { client: 'gone', service: 'gone', roles: ['client'] },
  { client: 'web', service: 'web', roles: ['resource_server', 'client'], issuers: ['https://as'] },
]
const nowS = (): number => Math.floor(Date.now() / 1_000)
const login = createProducer()
const revoked = createProducer({ services: ['gone'], revoked: 'key_compromise' })
const ended = createProducer({ services: ['old'], validUntil: 1 })

let issuer: Issuer
let harness: Harness

const trusted = (): IssuerOptions => ({ issuer: issuer.url, audience: 'grantlog', enrol })
beforeAll(async () => {
  issuer = await startIssuer('ES256')
  harness = await startHarness({
    producers: [login, revoked, ended],
    callers: { issuers: [trusted()] },
  })
})
afterAll(async () => {
  await harness.close()
  await issuer[Symbol.asyncDispose]()
})

const tokenOf = (client: string, claims: TokenOptions['claims'] = {}): Promise<string> =>
  issuer.token({ claims: { client_id: client, sub: client, scope: 'audit:enrol', ...claims } })
interface Asking {
  readonly token?: string | null
  readonly body?: unknown
  readonly to?: Harness
  readonly type?: string
}

async function ask({ body, to = harness, token = null, type = 'application/json' }: Asking) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const { headers, status, ...answer } = await rawRequest(to.receiver.otlpPort, {
    method: 'POST',
    path: '/grantlog/v1/enrol',
    headers: {
      'content-type': type,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: Buffer.from(text),
  })
  return { status, headers, text: answer.body.toString() }
}

async function enrolAs(client: string, key: Producer, to = harness) {
  const token = await tokenOf(client)
  return await ask({ token, body: { proof: proofOf(key, token) }, to })
}

async function listed(of = harness): Promise<Enrolment[]> {
  const text = await readFile(join(of.folders.keys, 'enrolled.json'), 'utf8')
  return JSON.parse(text) as Enrolment[]
}

describe('the way in', () => {
  const first = createProducer()
  const second = createProducer()

  test('a token and the key are enough for a service without a key', async () => {
    const { status, text } = await enrolAs('shop-api', first)
    expect([status, text]).toEqual([201, expect.any(String)])
    const { enrolment, kid } = JSON.parse(text) as { kid: string; enrolment: Enrolment }
    expect(kid).toBe(first.kid)
    expect(enrolment).toEqual({
      ...first.enrolment,
      assurance: 'issuer-asserted',
      roles: ['resource_server'],
      services: ['api'],
      validFrom: expect.any(Number),
      validUntil: expect.any(Number),
    })
    expect(enrolment.validUntil - nowS()).toBeLessThanOrEqual(90 * 86_400)
    expect(enrolment.validUntil - nowS()).toBeGreaterThan(89 * 86_400)
    expect(await listed()).toContainEqual(enrolment)
    const leaf = harness.events.findIndex(
      ({ code, kid: of }) => code === 'KEY_ENROLLED' && of === kid,
    )
    expect(leaf).toBeGreaterThan(-1)
    expect(harness.events).toContainEqual({
      ...{ code: 'KEY_ASSERTED', level: 'info', kid, service: 'api' },
      ...{ client: 'shop-api', issuer: issuer.url },
    })
  })

  test('what it signs for its service is taken, and for another not', async () => {
    const token = await tokenOf('shop-api', { scope: 'audit:write' })
    const say = async (seq: number, service: string) => {
      const names = { 'audit.producer.service': service, 'oauth.role': 'resource_server' }
      const span = recordSpan(seq, names)
      const batch = signSpans(first, [span], { iat: nowS() })
      const authorization = `Bearer ${token}`
      return await harness.send(encodeSpans([span], batch), { authorization })
    }
    expect(await say(0, 'api')).toMatchObject({ status: 200, rejected: 0 })
    expect(await say(1, 'login')).toMatchObject({ rejected: 1 })
  })

  test('the same again, after a lost answer, changes nothing', async () => {
    const before = await listed()
    expect(await enrolAs('shop-api', first)).toMatchObject({ status: 200 })
    expect(await listed()).toEqual(before)
  })

  test('the key in force lets the next one in', async () => {
    const token = await tokenOf('shop-api')
    const jti = nonce()
    const consent = { aud: origin, iat: nowS(), jti, next: second.kid }
    const previous = signEnrolConsent(consent, signer(first))
    const body = { proof: proofOf(second, token, { jti }), previous }
    expect(await ask({ token, body })).toMatchObject({ status: 201 })
  })

  test('a service whose key has ended comes back, and issuers are as they are mapped', async () => {
    expect(await enrolAs('old', createProducer())).toMatchObject({ status: 201 })
    const { text } = await enrolAs('web', createProducer())
    const { enrolment } = JSON.parse(text) as { enrolment: Enrolment }
    expect(enrolment).toMatchObject({
      issuers: ['https://as'],
      roles: ['client', 'resource_server'],
    })
  })
})

describe('nobody else', () => {
  const key = createProducer()
  const other = createProducer()
  const identity = 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
  const bodyOf = (token: string, change: Claims = {}, by = key) => ({
    proof: proofOf(by, token, change),
  })
  const consented = (token: string, by: Producer, change: object = {}) => {
    const jti = nonce()
    const consent = { aud: origin, iat: nowS(), jti, next: key.kid, ...change }
    return {
      proof: proofOf(key, token, { jti }),
      previous: signEnrolConsent(consent, signer(by)),
    }
  }
  interface Attempt {
    readonly client?: string
    readonly claims?: TokenOptions['claims']
    readonly body?: (token: string) => unknown
  }
  const atLogin = (change: object, by = login): Attempt => ({
    client: 'login',
    body: (token) => consented(token, by, change),
  })
  test.each<[string, string, Attempt]>([
    ['without the scope', '403 SCOPE_MISSING', { claims: { scope: 'audit:write' } }],
    ['who is not mapped', '403 CALLER_FORBIDDEN', { client: 'stranger' }],
    ['of another audience', '401 TOKEN_REFUSED', { claims: { aud: 'x' } }],
    ['whose token ended', '401 TOKEN_REFUSED', { claims: { exp: 1 } }],
    ['whose token is bound to a key', '401 TOKEN_REFUSED', { claims: { cnf: { jkt: 'x' } } }],
    [
      'with a proof by another key',
      '400 not the thumbprint',
      { body: (token) => bodyOf(token, { x: key.enrolment.publicKey }, other) },
    ],
    [
      'with a forged proof',
      '400 forged',
      { body: (token) => bodyOf(token, {}, { ...key, privateKey: other.privateKey }) },
    ],
    [
      'with a key of small order',
      '400 not sound',
      { body: (token) => bodyOf(token, { x: identity }) },
    ],
    [
      'with the ath of another token',
      '400 another access token',
      { body: (token) => bodyOf(`${token}x`) },
    ],
    ['for another log', '400 another log', { body: (token) => bodyOf(token, { aud: 'a/b' }) }],
    [
      'with an old proof',
      '400 its clock',
      { body: (token) => bodyOf(token, { iat: nowS() - 400 }) },
    ],
    ['without a proof', '400 not {', { body: () => ({}) }],
    [
      'who asks for a role',
      '400 not {',
      { body: (token) => ({ ...bodyOf(token), roles: ['authorization_server'] }) },
    ],
    ['with what is no JSON', '400 not JSON', { body: () => '{' }],
    ['with too much', '413 BODY_TOO_LARGE', { body: () => ({ proof: 'x'.repeat(7_000) }) }],
    ['for a service that has a key', '409 did not sign', { client: 'login' }],
    ['whose new key signs for itself', '409 no key in force', atLogin({}, key)],
    ['with a consent of another service', '409 no key in force', atLogin({}, ended)],
    [
      'with a forged consent',
      '409 forged',
      atLogin({}, { ...login, privateKey: other.privateKey }),
    ],
    ['with a consent to another key', '409 something else', atLogin({ next: other.kid })],
    ['with the consent of another request', '409 something else', atLogin({ jti: nonce() })],
    ['with a consent to another log', '409 something else', atLogin({ aud: 'a/b' })],
    ['with an old consent', '409 something else', atLogin({ iat: nowS() - 400 })],
    ['whose key was revoked', '409 revoked', { client: 'gone' }],
    [
      'with a key that is enrolled for something else',
      '409 something else',
      { body: (token) => bodyOf(token, {}, login) },
    ],
  ])('%s', async (_what, expected, { client = 'shop-api', claims = {}, body = bodyOf }) => {
    const [status, reason] = [Number(expected.slice(0, 3)), expected.slice(4)]
    const before = await listed()
    const token = await tokenOf(client, claims)
    const answer = await ask({ token, body: body(token) })
    expect(answer).toMatchObject({ status, text: expect.stringContaining(reason) })
    expect(await listed()).toEqual(before)
  })

  test('without a token, or beside JSON', async () => {
    const token = await tokenOf('shop-api')
    const body = bodyOf(token)
    expect(await ask({ body })).toMatchObject({ status: 401 })
    expect(await ask({ token, body, type: 'text/plain' })).toMatchObject({ status: 415 })
  })

  test('with a proof that was used', async () => {
    const token = await tokenOf('login')
    const body = bodyOf(token)
    expect(await ask({ token, body })).toMatchObject({ status: 409 })
    const again = await ask({ token, body })
    expect(again).toMatchObject({ status: 400, text: expect.stringContaining('used before') })
  })

  test('where nobody is mapped there is no such path', async () => {
    const callers = { issuers: [{ issuer: issuer.url, audience: 'grantlog' }] }
    await using closed = await startHarness({ callers })
    expect(await enrolAs('shop-api', key, closed)).toMatchObject({ status: 404 })
    await using open = await startHarness()
    expect(await enrolAs('shop-api', key, open)).toMatchObject({ status: 404 })
  })
})

describe('a receiver', () => {
  const callers = () => ({ issuers: [trusted()] })

  test('takes so many new keys of an issuer in an hour', async () => {
    let uptimeMs = 0
    const limits = { enrolmentsPerHour: 2 }
    const open = { callers: callers(), limits, uptimeMs: () => uptimeMs }
    await using few = await startHarness(open)
    expect(await enrolAs('shop-api', createProducer(), few)).toMatchObject({ status: 201 })
    uptimeMs = 1_800_000
    expect(await enrolAs('login', createProducer(), few)).toMatchObject({ status: 201 })
    uptimeMs = 3_599_000
    const { headers, status } = await enrolAs('old', createProducer(), few)
    expect([status, headers['retry-after']]).toEqual([429, '1'])
    uptimeMs = 3_600_000
    expect(await enrolAs('old', createProducer(), few)).toMatchObject({ status: 201 })
  })

  test('answers two at once for one service: one of them has it', async () => {
    await using one = await startHarness({ callers: callers() })
    const answers = await Promise.all(
      [createProducer(), createProducer()].map((key) => enrolAs('shop-api', key, one)),
    )
    expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([201, 409]))
    expect(await listed(one)).toHaveLength(1)
  })

  test('gives a key another term near its end, unless another took its place', async () => {
    const day = 86_400_000
    let nowMs = Date.now()
    await using lasting = await startHarness({ callers: callers(), now: () => nowMs })
    const key = createProducer()
    const again = async (): Promise<[number, number]> => {
      const iat = Math.floor(nowMs / 1000)
      const token = await tokenOf('shop-api', { iat, exp: iat + 60 })
      const { status, text } = await ask({
        ...{ token, to: lasting },
        body: { proof: proofOf(key, token, { iat }) },
      })
      const { enrolment } = JSON.parse(text) as { enrolment: Enrolment }
      return [status, Math.round((enrolment.validUntil * 1000 - nowMs) / day)]
    }
    expect(await again()).toEqual([201, 90])
    nowMs += 44 * day
    expect(await again()).toEqual([200, 46])
    nowMs += 2 * day
    expect(await again()).toEqual([200, 90])
    expect(await listed(lasting)).toHaveLength(1)
    const leaves = lasting.events.filter(({ code }) => code === 'KEY_ENROLLED')
    expect(leaves).toHaveLength(2)
    // As `keys rotate` does: a key without an end beside it.
    const next = { ...createProducer().enrolment, services: ['api'] }
    const list = JSON.stringify([...(await listed(lasting)), next])
    await writeFile(join(lasting.folders.keys, 'enrolled.json'), list)
    nowMs += 80 * day
    expect(await again()).toEqual([200, 10])
  })

  test('says nothing before the leaf is there, and takes the same key again', async () => {
    let isFull = true
    await using full = await startHarness({
      callers: callers(),
      override: (ledger) => ({
        commitContent: async (content) => {
          if (isFull) throw new Error('no space left')
          return await ledger.commitContent(content)
        },
      }),
    })
    const key = createProducer()
    expect(await enrolAs('shop-api', key, full)).toMatchObject({ status: 503 })
    isFull = false
    expect(await enrolAs('shop-api', key, full)).toMatchObject({ status: 200 })
    expect(full.events).toContainEqual(expect.objectContaining({ code: 'KEY_ENROLLED' }))
  })

  test('leaves a key to the tenant that has it', async () => {
    const key = createProducer()
    await using tenant = await newTenant('acme', { producers: [key] })
    await using main = await startHarness({ callers: callers(), tenants: [tenant.served] })
    const { status, text } = await enrolAs('shop-api', key, main)
    expect([status, text]).toEqual([409, expect.stringContaining('another tenant')])
  })

  test('brings no revoked key back, not even one that is in the list no more', async () => {
    await using gone = await startHarness({ callers: callers(), producers: [revoked] })
    await writeFile(join(gone.folders.keys, 'enrolled.json'), '[]')
    const other = createProducer()
    expect(await enrolAs('shop-api', other, gone)).toMatchObject({ status: 201 })
    expect(gone.events).toContainEqual(
      expect.objectContaining({ code: 'KEY_REMOVED', kid: revoked.kid }),
    )
    const { status, text } = await enrolAs('gone', revoked, gone)
    expect([status, text]).toEqual([409, expect.stringContaining('the key was revoked')])
    expect((await listed(gone)).map(({ kid }) => kid)).toEqual([other.kid])
  })

  test('tells its sinks who vouched for the key', async () => {
    const sink = await startSink()
    const sinks = [{ name: 'jaeger', url: sink.url }]
    await using shown = await startHarness({ callers: callers(), sinks })
    const key = createProducer()
    await enrolAs('login', key, shown)
    const span = recordSpan(0, { 'oauth.role': 'client' })
    const authorization = `Bearer ${await tokenOf('login', { scope: 'audit:write' })}`
    const body = encodeSpans([span], signSpans(key, [span], { iat: nowS() }))
    expect(await shown.send(body, { authorization })).toMatchObject({ status: 200, rejected: 0 })
    await sink.until(() => sink.taken.length > 0)
    const text = Buffer.concat(sink.taken).toString('latin1')
    expect(text).toContain('issuer-asserted')
    expect(text).not.toContain('verified')
    await sink.close()
  })

  test.each<[string, Partial<IssuerOptions>, string]>([
    ['authorization server', { enrol: [{ ...enrol[0]!, roles: ['authorization_server'] }] }, 'for'],
    ['no role', { enrol: [{ ...enrol[0]!, roles: [] }] }, 'no roles'],
    ['a client twice', { enrol: [enrol[0]!, enrol[0]!] }, 'twice'],
    ['no service', { enrol: [{ ...enrol[0]!, service: '' }] }, 'no service'],
    ['no scope at all', { enrol, enrolScope: 'a b' }, 'enrolScope'],
  ])('does not start with %s', async (_what, change, reason) => {
    const starting = startHarness({ callers: { issuers: [{ ...trusted(), ...change }] } })
    await expect(starting).rejects.toMatchObject({
      code: 'RECEIVER_CALLERS_INVALID',
      message: expect.stringContaining(reason),
    })
  })
})
