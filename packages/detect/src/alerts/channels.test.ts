import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, test } from '@jest/globals'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { Webhook } from 'standardwebhooks'
import { findingStateOf } from '../../test/detections.ts'
import { signingKey } from '../io/signing-key.ts'
import { alertmanager } from './alertmanager.ts'
import type { Channel, Delivery, Notice } from './channel.ts'
import { securityEvents, SESSION_REVOKED } from './security-events.ts'
import { secretOf, webhook } from './webhook.ts'

const folder = mkdtempSync(join(tmpdir(), 'grantlog-channels-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const now = Date.now()
const consoleUrl = 'http://127.0.0.1:4319/'
const notice: Notice = {
  finding: findingStateOf(7, { lastAt: now - 500 }),
  kind: 'found',
  index: 7,
}
const closed: Notice = {
  finding: {
    ...notice.finding,
    status: 'closed',
    changes: [
      { status: 'closed', note: 'Fine.', person: 'an operator', madeAt: now - 100, index: 9 },
    ],
  },
  ...{ kind: 'status', index: 9 },
}
const sent = async (channel: Channel, one: Notice = notice): Promise<Delivery> =>
  (await channel.request([one], now))!
interface Told {
  readonly labels: Readonly<Record<string, string>>
  readonly endsAt: string
}
const json = ({ body }: Delivery): unknown => JSON.parse(body) as unknown

describe('Alertmanager', () => {
  const channel = alertmanager({ name: 'am', url: 'http://am.example/', level: 'low', consoleUrl })

  test('gets labels that stay, a time, and where it can be looked at', async () => {
    expect(channel.url).toBe('http://am.example/api/v2/alerts')
    const [alert] = json(await sent(channel)) as Told[]
    expect(alert).toMatchObject({
      labels: {
        ...{ alertname: 'Rule 1', severity: 'high', finding: notice.finding.id },
        session_id: 'p1.aaaaaaaaaaaaaaaaaaaaaa',
      },
      annotations: { summary: 'Something happened.', attack: 'T1528', records: '7' },
      generatorURL: `http://127.0.0.1:4319/findings/${notice.finding.id}`,
    })
    for (const label of Object.keys(alert!.labels)) expect(label).toMatch(/^[a-zA-Z_]\w*$/)
    expect(Date.parse(alert!.endsAt)).toBeGreaterThan(now)
  })

  test('hears that it is over when somebody closed it', async () => {
    const [alert] = json(await sent(channel, closed)) as Record<string, string>[]
    expect(alert).toMatchObject({ annotations: { person: 'an operator', note: 'Fine.' } })
    expect(Date.parse(alert!.endsAt!)).toBe(now)
  })
})

describe('a webhook', () => {
  const text = `whsec_${Buffer.alloc(24, 5).toString('base64')}`
  const channel = webhook({
    ...{ name: 'hook', url: 'http://hook.example/', level: 'low', consoleUrl },
    secret: secretOf(text)!,
  })

  test('is signed as the library of Standard Webhooks has it', async () => {
    const { body, headers } = await sent(channel)
    const told = new Webhook(text).verify(body, { ...headers })
    expect(told).toMatchObject({
      type: 'finding.found',
      data: { id: notice.finding.id, records: [{ index: 7, proof: expect.any(String) }] },
    })
    const changed = body.replace('finding.found', 'finding.other')
    expect(() => new Webhook(text).verify(changed, { ...headers })).toThrow()
  })

  test('that is sent again has the same id; another leaf has another', async () => {
    const ids = await Promise.all([notice, notice, closed].map((one) => sent(channel, one)))
    const [first, again, other] = ids.map(({ headers }) => headers['webhook-id'])
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  })

  test.each([
    ['no prefix', Buffer.alloc(24).toString('base64')],
    ['23 bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['65 bytes', `whsec_${Buffer.alloc(65).toString('base64')}`],
  ])('has no secret of %s', (_what, secret) => expect(secretOf(secret)).toBeNull())

  test.each([24, 64])('has one of %i bytes', (bytes) => {
    expect(secretOf(`whsec_${Buffer.alloc(bytes).toString('base64')}\n`)).toHaveLength(bytes)
  })
})

describe('a Security Event Token', () => {
  const path = join(folder, 'keys', 'events.jwk')
  const of = async (more: object = {}): Promise<Channel> =>
    securityEvents({
      ...{ name: 'as', url: 'http://as.example/events', level: 'high', rules: [] },
      ...{ issuer: 'https://log.example', audience: 'https://as.example' },
      signer: await signingKey(path),
      sessionOf: () => Promise.resolve('p1.session'),
      ...more,
    })

  test('asks to revoke a session, signed by the key whose public half lies beside it', async () => {
    const { body, headers } = await sent(await of())
    expect(headers['content-type']).toBe('application/secevent+jwt')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const keys = JSON.parse(readFileSync(`${path}.pub`, 'utf8')) as JSONWebKeySet
    expect(JSON.stringify(keys)).not.toContain('"d"')
    const { payload } = await jwtVerify(body, createLocalJWKSet(keys), {
      ...{ issuer: 'https://log.example', audience: 'https://as.example', typ: 'secevent+jwt' },
    })
    expect(payload).toMatchObject({
      sub_id: { format: 'complex', session: { format: 'opaque', id: 'p1.session' } },
      txn: notice.finding.id,
      events: { [SESSION_REVOKED]: { event_timestamp: Math.floor((now - 500) / 1_000) } },
    })
    // RFC 8417 2.2: neither `sub` nor an expiry, which would make it look like an ID token.
    expect(Object.keys(payload)).not.toContain('exp')
    expect(Object.keys(payload)).not.toContain('sub')
    expect(decodeProtectedHeader(body).kid).toBe(keys.keys[0]!.kid)
  })

  test('that is sent again has the same jti, after a restart too', async () => {
    const bodies = [await sent(await of()), await sent(await of())]
    const [first, again] = bodies.map(({ body }) => {
      return JSON.parse(Buffer.from(body.split('.')[1]!, 'base64url').toString()) as { jti: string }
    })
    expect(again!.jti).toBe(first!.jti)
  })

  test('has no key of what is no private JWK, and no error quotes it', async () => {
    await of()
    const { keys } = JSON.parse(readFileSync(`${path}.pub`, 'utf8')) as JSONWebKeySet
    const other = join(folder, 'keys', 'other.jwk')
    for (const text of ['{"d":"made-up-secret', 'null', '{"kty":"EC"}', JSON.stringify(keys[0])]) {
      writeFileSync(other, text, { mode: 0o600 })
      const told = await signingKey(other).catch((error: unknown) => error)
      expect(told).toMatchObject({ code: 'SIGNING_KEY_INVALID' })
      expect(inspect(told)).not.toContain('made-up')
    }
  })

  test('is not made where no session is known, nor of other rules', async () => {
    const nobody = await of({ sessionOf: () => Promise.resolve(null) })
    expect(await nobody.request([notice], now)).toBeNull()
    const others = await of({ rules: ['01982f3e-7a4c-4cc1-9d4e-0000000000ff'] })
    expect(await others.request([notice], now)).toBeNull()
  })
})
