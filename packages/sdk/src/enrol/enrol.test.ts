// Guarantee: a service enrols one key, whoever starts with it at once; what is refused is told and
// tried again, and nothing but an enrolment for what it is lets its records go. The whole, with a
// receiver and an authorization server, is in test/flow/self-enrolment.test.ts.
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { readEnrolProof } from '@grantlog/record'
import { SdkError } from '../codes.ts'
import { enrolLookMs } from '../limits.ts'
import { keepEnrolled } from './enrol.ts'
import { readOrMake, replace } from './io/file.ts'
import {
  enrolledCredentials,
  hashKeysIn,
  isOfKey,
  newOwnKey,
  pendingCredentials,
  pendingKeyIn,
} from './own-credentials.ts'
import type { Posted } from './ask.ts'

const day = 86_400
const key = newOwnKey()
const x = String(key.privateKey.x)
const privateKey = createPrivateKey({ key: { ...key.privateKey }, format: 'jwk' })
const wanted = {
  ...{ origin: 'a.example/log', kid: key.kid, x, service: 'api', audience: 'default' },
  roles: ['resource_server'],
}
const env = {
  ...{ GRANTLOG_SERVICE: 'api', GRANTLOG_ENDPOINT: 'http://127.0.0.1:4318' },
  ...{
    GRANTLOG_ROLES: 'resource_server, client',
    GRANTLOG_LOG_KEY: 'l',
    GRANTLOG_RECEIPT_KEY: 'r',
  },
}

const enrolment = (change: object = {}) => ({
  ...{ kid: key.kid, services: ['api'], roles: ['client', 'resource_server'], audience: 'default' },
  ...{ validUntil: 90 * day, ...change },
})
const ok = (change?: object): Partial<Posted> => ({
  status: 201,
  body: Buffer.from(JSON.stringify({ kid: key.kid, enrolment: enrolment(change) })),
})
const said = (status: number, message: string, headers = {}): Partial<Posted> => ({
  ...{ status, headers, body: Buffer.from(JSON.stringify({ message })) },
})

/** What comes of these answers, one after the other; the last one stays. */
function enrolling(
  answers: readonly (Partial<Posted> | Error)[],
  validUntil: number | null = null,
) {
  let nowS = 0
  const seen = {
    notices: [] as string[],
    enrolled: [] as number[],
    waits: [] as string[],
    posted: [] as { path: string; body: string; authorization: string }[],
  }
  const running = keepEnrolled({
    wanted,
    sign: (input) => sign(null, input, privateKey),
    authorization: async () => 'Bearer a-secret-token',
    post: async (path, body, authorization) => {
      seen.posted.push({ path, body: Buffer.from(body).toString(), authorization })
      const answer = answers[seen.posted.length - 1] ?? answers.at(-1)!
      if (answer instanceof Error) throw answer
      return { status: 500, headers: {}, body: Buffer.alloc(0), ...answer }
    },
    nowMs: () => nowS * 1000,
    validUntil,
    onEnrolled: (until) => void seen.enrolled.push(until),
    waitMs: ({ kind }, failures) => {
      seen.waits.push(`${kind} ${failures}`)
      return 10
    },
    notify: (code, detail) => void seen.notices.push(`${code} ${detail ?? ''}`.trim()),
  })
  return { ...seen, running, later: (seconds: number) => void (nowS += seconds) }
}

describe('the request', () => {
  test('proves the key, for this log and this token', async () => {
    const { posted, running } = enrolling([ok()])
    await running.settle()
    const [{ authorization, body, path }] = posted as [(typeof posted)[0]]
    expect([path, authorization]).toEqual(['/grantlog/v1/enrol', 'Bearer a-secret-token'])
    const { proof } = JSON.parse(body) as { proof: string }
    const { kid, said: claims, signature, signingInput } = readEnrolProof(proof)
    const ath = createHash('sha256').update('a-secret-token').digest('base64url')
    expect(claims).toMatchObject({ aud: 'a.example/log', ath, iat: 0, jwk: { x } })
    expect(kid).toBe(key.kid)
    expect(verify(null, signingInput, createPublicKey(privateKey), signature)).toBe(true)
    running.stop()
  })
})

describe('an answer', () => {
  test.each<[string, Partial<Posted> | Error, string, string]>([
    ['of a receiver that is away', new Error('ECONNREFUSED'), 'again 1', 'ECONNREFUSED'],
    ['429', said(429, 'slowly', { 'retry-after': '9' }), 'again 1', 'HTTP 429 slowly'],
    ['503', said(503, 'later'), 'again 1', 'HTTP 503 later'],
    ['401, whose token is renewed', said(401, 'no'), 'again 1', 'HTTP 401 no'],
    ['409', said(409, 'a key was revoked'), 'refused 1', 'HTTP 409 a key was revoked'],
    ['404', said(404, 'no such path'), 'refused 1', 'HTTP 404 no such path'],
    ['of another service', ok({ services: ['shop'] }), 'refused 1', 'for the service shop'],
    ['of another role', ok({ roles: ['client'] }), 'refused 1', 'the role resource_server'],
    ['of another key', ok({ kid: 'k' }), 'refused 1', 'no enrolment of our key'],
    ['of no time', ok({ validUntil: 'x' }), 'refused 1', 'no enrolment of our key'],
    ['that is none', { status: 200 }, 'refused 1', 'no enrolment of our key'],
  ])('%s lets nothing go', async (_what, answer, wait, why) => {
    const { enrolled, notices, running, waits } = enrolling([answer])
    await running.settle()
    expect([waits, enrolled]).toEqual([[wait], []])
    expect(running.pending()).toContain(why)
    await running.settle()
    expect(notices.at(-1)).toMatch(wait.startsWith('again') ? /^ENROL_PENDING / : /^ENROL_REFUSED /)
    expect(notices.join()).not.toContain('secret')
    running.stop()
  })

  test('that it is enrolled is told once, and lets all go', async () => {
    const { enrolled, notices, running } = enrolling([said(503, 'later'), ok()])
    await running.settle()
    expect(notices).toEqual([])
    await running.settle()
    await running.enrolled
    expect([running.pending(), enrolled, notices]).toEqual([
      ...[null, [90 * day]],
      [`ENROLLED ${key.kid}`],
    ])
    running.stop()
  })
})

describe('in time', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  test('another term is asked for before the end, and no sooner', async () => {
    const answers = [ok({ validUntil: 120 * day })]
    const { later, enrolled, notices, posted, running } = enrolling(answers, 90 * day)
    expect(running.pending()).toBeNull()
    later(49 * day)
    await jest.advanceTimersByTimeAsync(enrolLookMs)
    expect(posted).toEqual([])
    later(2 * day)
    await jest.advanceTimersByTimeAsync(enrolLookMs)
    expect([posted.length, enrolled, notices]).toEqual([1, [120 * day], []])
    running.stop()
  })

  test('it goes on trying, and stops when it is told', async () => {
    const { posted, running } = enrolling([new Error('away')])
    await jest.advanceTimersByTimeAsync(55)
    expect(posted.length).toBeGreaterThan(3)
    const { length } = posted
    running.stop()
    await jest.advanceTimersByTimeAsync(1_000)
    expect(posted).toHaveLength(length)
  })
})

describe('the file', () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'grantlog-own-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('is made once, whole and private, in a folder of its own', () => {
    const path = join(folder, 'a', 'b', 'own.json')
    expect(readOrMake(path, () => 'first')).toBe('first')
    expect(readOrMake(path, () => 'second')).toBe('first')
    expect([path, join(folder, 'a', 'b')].map((one) => statSync(one).mode & 0o777)).toEqual([
      0o600, 0o700,
    ])
    expect(replace(path, 'third', (there) => there === 'first')).toBe(true)
    expect(readOrMake(path, () => 'fourth')).toBe('third')
    // Somebody took it away, or put another in its place.
    expect(replace(path, 'fifth', (there) => there === 'first')).toBe(false)
    expect(replace(join(folder, 'gone'), 'fifth', () => true)).toBe(false)
    expect(readOrMake(path, () => 'sixth')).toBe('third')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['own.json'])
  })

  test('that came meanwhile is taken, and not replaced', () => {
    const path = join(folder, 'own.json')
    const ours = readOrMake(path, () => {
      writeFileSync(path, 'theirs')
      return 'ours'
    })
    expect([ours, readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual([
      ...['theirs', 'theirs'],
      ['own.json'],
    ])
  })

  test('of eight processes at once is the same for all', async () => {
    const path = join(folder, 'own.json')
    const module = pathToFileURL(join(import.meta.dirname, 'io', 'file.ts')).href
    const code = `import { readOrMake } from '${module}'
      process.stdout.write(readOrMake(process.argv[1], () => String(process.pid)))`
    const texts = Array.from({ length: 8 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code, path])
      const [said] = await Promise.all([text(child.stdout), once(child, 'close')])
      return said
    })
    expect(new Set(await Promise.all(texts))).toEqual(new Set([readFileSync(path, 'utf8')]))
    expect(readdirSync(folder)).toEqual(['own.json'])
  })
})

describe('credentials', () => {
  test('are complete but for the enrolment, and keep their key', () => {
    const made = pendingCredentials(env, key, { tokenKey: { kid: 't', k: 'k' } })
    expect(pendingKeyIn(made)).toEqual(key)
    expect(JSON.parse(made)).toMatchObject({
      ...{ service: 'api', roles: ['resource_server', 'client'], enrolment: null },
      tokenKey: { kid: 't' },
    })
    const done = enrolledCredentials(made, 5)
    expect(pendingKeyIn(done)).toBeNull()
    expect([isOfKey(done, key.kid), isOfKey(done, 'k'), isOfKey('x', 'k')]).toEqual([
      ...[true, false],
      false,
    ])
    expect(JSON.parse(done)).toMatchObject({ kid: key.kid, enrolment: { validUntil: 5 } })
  })

  test.each(Object.keys(env))('without %s there are none', (name) => {
    const less = { ...env, [name]: '' }
    expect(() => pendingCredentials(less, key)).toThrow(
      expect.objectContaining({ code: 'ENROL_INVALID', detail: name }),
    )
  })

  test('a file of hash keys that is none is not quoted', () => {
    expect(() => hashKeysIn('a secret')).toThrow(SdkError)
    expect(() => hashKeysIn('a secret')).not.toThrow(/secret/)
    expect(pendingKeyIn('no JSON')).toBeNull()
  })
})
