// Guarantee: a key speaks for exactly what it is enrolled for: at each border of its scope, what is
// inside is sealed and what is one step outside is refused, over a real socket and a real ledger.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { AttributeValue, Span } from '@grantlog/record'
import { enrol, type Harness, startHarness } from '../../test/harness.ts'
import {
  createProducer,
  encodeSpans,
  type Producer,
  recordSpan,
  type SigningOptions,
  signSpans,
} from '../../test/producer.ts'

const from = 1_790_000_000
const until = from + 1_000
const day = 86_400
/** A client of one issuer, for a while. */
const key = createProducer({
  services: ['shop', 'till'],
  roles: ['client'],
  issuers: ['https://as.example'],
  validFrom: from,
  validUntil: until,
})
/** It tells what others did. */
const observer = createProducer({ services: ['adapter'], roles: ['observer'] })
const revoked = createProducer({ revoked: 'key_compromise' })
const server = createProducer()
let nowS = until
let harness: Harness
let seq = 0

beforeAll(async () => {
  const producers = [key, observer, revoked, server]
  harness = await startHarness({ producers, now: () => nowS * 1000 })
})
afterAll(() => harness.close())

const inside = {
  'audit.producer.service': 'shop',
  'oauth.role': 'client',
  'oauth.issuer': 'https://as.example',
}

/** Sends one record; gives the code of its refusal, or undefined. */
async function send(
  producer: Producer,
  attributes: Record<string, AttributeValue | undefined>,
  options: SigningOptions = {},
): Promise<string | undefined> {
  const span = recordSpan(seq++)
  const all = new Map(span.attributes)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) all.delete(name)
    else all.set(name, value)
  }
  const changed: Span = { ...span, attributes: all }
  const body = encodeSpans([changed], signSpans(producer, [changed], options))
  const { rejected, message } = await harness.send(body)
  return rejected === 0 ? undefined : /^[A-Z_]+/.exec(message)?.[0]
}

const of = (change: Record<string, AttributeValue | undefined>) => ({ ...inside, ...change })

test.each<[string, Record<string, AttributeValue | undefined>, SigningOptions]>([
  ['what it is enrolled for', inside, {}],
  ['its other service', of({ 'audit.producer.service': 'till' }), {}],
  ['no issuer, as a client may', of({ 'oauth.issuer': undefined }), {}],
  ['of its first second', inside, { iat: from }],
  ['of its last second', inside, { iat: until }],
  ['of itself, without a role', of({ 'audit.action': 'audit.gap', 'oauth.role': undefined }), {}],
])('inside: %s', async (_what, attributes, options) => {
  expect(await send(key, attributes, options)).toBeUndefined()
})

test.each<[string, Record<string, AttributeValue | undefined>, SigningOptions]>([
  ['another service', of({ 'audit.producer.service': 'shop2' }), {}],
  ['the beginning of its service', of({ 'audit.producer.service': 'sho' }), {}],
  ['as the authorization server', of({ 'oauth.role': 'authorization_server' }), {}],
  ['as an API', of({ 'oauth.role': 'resource_server' }), {}],
  ['without a role', of({ 'oauth.role': undefined }), {}],
  ['another issuer', of({ 'oauth.issuer': 'https://as.example/' }), {}],
  ['another audience', inside, { aud: 'other' }],
  ['a second before it was valid', inside, { iat: from - 1 }],
  ['a second after it was valid', inside, { iat: until + 1 }],
])('outside: %s', async (_what, attributes, options) => {
  expect(await send(key, attributes, options)).toBe('OUT_OF_SCOPE')
})

const seen = {
  'audit.producer.service': 'adapter',
  'oauth.role': 'observer',
  'audit.observed.by': 'keycloak',
}

test('what an observer saw is taken with its mark alone, and the mark from it alone', async () => {
  expect(await send(observer, seen)).toBeUndefined()
  expect(await send(observer, { ...seen, 'audit.observed.by': undefined })).toBe('OUT_OF_SCOPE')
  const posing = { ...seen, 'oauth.role': 'authorization_server' }
  expect(await send(observer, posing)).toBe('OUT_OF_SCOPE')
  expect(await send(observer, { ...posing, 'audit.observed.by': undefined })).toBe('OUT_OF_SCOPE')
  expect(await send(key, of({ 'audit.observed.by': 'keycloak' }))).toBe('OUT_OF_SCOPE')
  expect(await send(key, of({ ...seen, 'audit.producer.service': 'shop' }))).toBe('OUT_OF_SCOPE')
})

test('a mark that the signature does not cover is none: the registry was older', async () => {
  const registry = 1
  expect(await send(observer, seen, { registry })).toBe('OUT_OF_SCOPE')
  // Whoever passes a record on may add what he likes, and harms nothing by it.
  const shop = of({ 'audit.observed.by': 'keycloak' })
  expect(await send(key, shop, { registry })).toBeUndefined()
})

test('what was signed in time may come for seven days, and not later', async () => {
  nowS = until + 7 * day
  expect(await send(key, inside, { iat: until })).toBeUndefined()
  nowS++
  expect(await send(key, inside, { iat: until })).toBe('OUT_OF_SCOPE')
})

test('of a revoked key nothing is taken, whatever time it dates itself back to', async () => {
  for (const iat of [0, from, until]) expect(await send(revoked, {}, { iat })).toBe('REVOKED')
})

test('a key that is revoked while the receiver runs: what came before stays sealed', async () => {
  expect(await send(server, {}, { iat: from })).toBeUndefined()
  const size = harness.ledger.size
  const gone: Producer = { ...server, enrolment: { ...server.enrolment, revoked: 'superseded' } }
  await enrol(harness.folders, [key, observer, revoked, gone])
  // An unknown key makes it look at once.
  await send(createProducer(), {})
  expect(harness.events).toContainEqual(
    expect.objectContaining({ code: 'KEY_REVOKED', kid: server.kid, reason: 'superseded' }),
  )
  expect(harness.ledger.size).toBe(size + 2)
  expect(await send(server, {}, { iat: from })).toBe('REVOKED')
})
