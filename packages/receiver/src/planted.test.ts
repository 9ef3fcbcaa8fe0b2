// Scenario: strangers and a wrongly set-up producer put secrets into every place that a request
// has. Guarantee: none comes out again in the log, the metrics, /readyz or an answer, and a flood
// of them does not make the log grow.
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Harness, rawRequest, startHarness } from '../test/harness.ts'
import { createProducer, encodeSpans, plainBody, recordSpan, signSpans } from '../test/producer.ts'
import { LOG_LINES_PER_MINUTE } from './limits.ts'

const producer = createProducer()
const stranger = createProducer()
let harness: Harness

beforeAll(async () => {
  harness = await startHarness({ producers: [producer] })
})
afterAll(() => harness.close())

const SECRETS = ['al1ce@example.com', '203.0.113.77', 's3cr3t-token', 'H0useOfCards', 'p4th-user']
const [email, address, token, word, path] = SECRETS as [string, string, string, string, string]
const PROTOBUF = 'application/x-protobuf'

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array
}

const secretive = { 'user.id': email, 'client.address': address, [word]: token, 'user.name': word }

function spans(by: typeof producer, change: Record<string, string> = secretive): Uint8Array {
  const all = [{ ...recordSpan(0, change), name: word, status: { code: 2, message: token } }]
  return encodeSpans(all, signSpans(by, [recordSpan(0)]))
}

const post = (body: Uint8Array, headers: Record<string, string> = {}): Sent => ({
  ...{ method: 'POST', path: '/v1/traces', body },
  headers: { 'content-type': PROTOBUF, ...headers },
})

const nobodyEnrolled = Buffer.from(`\n${String.fromCharCode(token.length)}${token}`)
const places: [string, Sent][] = [
  ['path', { path: `/${path}/${email}` }],
  ['query', { path: `/v1/traces?access_token=${token}&user=${email}` }],
  ['query of what there is', { path: `/grantlog/v1/consistency?from=${token}&to=${email}` }],
  ['method', { method: 'PROPFIND', path: `/v1/traces?${token}` }],
  [
    'credentials',
    post(spans(stranger), { authorization: `Bearer ${token}`, cookie: `sid=${word}` }),
  ],
  [
    'names of headers',
    post(spans(stranger), { [`x-${token}`]: email, 'x-forwarded-for': address }),
  ],
  ['user agent', post(spans(stranger), { 'user-agent': word, referer: `https://a/${token}` })],
  ['context of a trace', post(spans(stranger), { traceparent: token, baggage: `user=${email}` })],
  ['origin', post(spans(stranger), { origin: `https://${word}.example` })],
  ['host', post(spans(stranger), { host: `${word}.example` })],
  ['type', post(spans(stranger), { 'content-type': `text/${token}` })],
  ['encoding', post(spans(stranger), { 'content-encoding': token })],
  ['a body that is nothing', post(Buffer.from(`${email} ${token} ${word}`))],
  ['a body that breaks off', post(nobodyEnrolled)],
  ['a body that is no gzip', post(Buffer.from(token), { 'content-encoding': 'gzip' })],
  [
    'a zipped body',
    post(gzipSync(Buffer.from(`${email}${token}`)), { 'content-encoding': 'gzip' }),
  ],
  ['JSON', post(Buffer.from(`{"user":"${email}`), { 'content-type': 'application/json' })],
  ['spans of a stranger', post(spans(stranger))],
  ['spans that were changed', post(spans(producer))],
  ['spans without a signature', post(encodeSpans([recordSpan(0, secretive)], null))],
  ['spans that are not audit', post(plainBody(secretive))],
  ['a name of a service', post(spans(producer, { 'audit.producer.service': email }))],
]

async function told(): Promise<string> {
  const own = harness.receiver.adminPort
  const texts = await Promise.all(
    ['/metrics', '/readyz', '/healthz', '/grantlog/v1/streams'].map(async (path) =>
      (await rawRequest(own, { path })).body.toString(),
    ),
  )
  const lines = harness.events.map((event) => JSON.stringify(event))
  return [...texts, ...lines].join('\n')
}

const found = (text: string): string[] => SECRETS.filter((secret) => text.includes(secret))

describe.each(places)('%s', (_, sent) => {
  test.each(['otlpPort', 'adminPort'] as const)('at %s', async (port) => {
    const { body, headers } = await rawRequest(harness.receiver[port], sent)
    expect(found(body.toString('latin1') + JSON.stringify(headers))).toEqual([])
    expect(found(await told())).toEqual([])
  })
})

test('what is no HTTP', async () => {
  for (const port of [harness.receiver.otlpPort, harness.receiver.adminPort]) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    socket.end(`${token} ${email}\r\n${word}: \u0000${address}\r\n\r\n`)
    socket.resume()
    await once(socket, 'close')
  }
  expect(found(await told())).toEqual([])
})

test('the search finds what is told', async () => {
  const { kid } = producer
  expect((await told()).includes('SPANS_REFUSED')).toBe(true)
  expect(await told()).toContain(kid)
})

test('a flood of them makes few lines, and the metrics count all', async () => {
  const lines = (): number =>
    harness.events.filter(({ code, sender }) => code === 'SPANS_REFUSED' && sender === 'unknown')
      .length
  const body = encodeSpans([recordSpan(0, secretive)], null)
  for (let i = 0; i < 3 * LOG_LINES_PER_MINUTE; i++) await harness.send(body)
  expect(lines()).toBe(LOG_LINES_PER_MINUTE)
  const suppressed = /^grantlog_receiver_log_suppressed_total (\d+)$/m.exec(await told())
  expect(Number(suppressed?.[1])).toBeGreaterThanOrEqual(2 * LOG_LINES_PER_MINUTE)
})
