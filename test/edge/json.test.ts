// Guarantee: a request in JSON is answered as the same request in protobuf is, and in JSON.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { protobufOfJson } from '@grantlog/record/otlp'
import { jsonOfProtobuf } from '../../packages/record/test/otlp-json.ts'
import { type Harness, rawRequest, startHarness } from '../../packages/receiver/test/harness.ts'
import {
  createProducer,
  plainBody,
  recordSpans,
  signedBody,
} from '../../packages/receiver/test/producer.ts'

const BODY_BYTES = 16_384
const producer = createProducer()
let harness: Harness
let port: number

beforeAll(async () => {
  harness = await startHarness({ producers: [producer], limits: { bodyBytes: BODY_BYTES } })
  port = harness.receiver.otlpPort
})
afterAll(() => harness.close())

const json = { 'content-type': 'application/json' }
const post = (body: string, path = '/v1/traces') =>
  rawRequest(port, { method: 'POST', path, headers: json, body: Buffer.from(body) })

test('signed spans are committed as those of protobuf are, and get a receipt', async () => {
  const body = signedBody(producer, recordSpans(3, 5000))
  const answer = await post(JSON.stringify(jsonOfProtobuf(body, 'TraceRequest')))
  expect([answer.status, answer.body.toString()]).toEqual([200, '{}'])
  const receipt = answer.headers['grantlog-receipt']
  expect(receipt).toMatch(/^[A-Za-z0-9+/=]+$/)
  // The same spans in protobuf are those that are there already.
  const again = await harness.send(body)
  expect(again.receipts).toEqual([Buffer.from(receipt as string, 'base64').toString()])
})

test('what is refused of a request is said in JSON', async () => {
  const body = signedBody(createProducer(), recordSpans(2))
  const plain = Buffer.concat([body, plainBody()])
  const { body: answer } = await post(JSON.stringify(jsonOfProtobuf(plain, 'TraceRequest')))
  const { partialSuccess } = JSON.parse(answer.toString()) as Record<string, object>
  expect(partialSuccess).toEqual({
    rejectedSpans: '2',
    errorMessage: expect.stringMatching(/^UNKNOWN_KEY: /),
  })
})

test('an error is a google.rpc.Status in JSON, and names no value', async () => {
  const answer = await post('{"resourceSpans":"SECRET"}')
  expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/json'])
  const { code, message } = JSON.parse(answer.body.toString()) as Record<string, unknown>
  expect(code).toBe(3)
  expect(message).toMatch(/^RECEIVER_BODY_MALFORMED: .*an array is expected/)
  expect(message).not.toContain('SECRET')
})

test.each(['logs', 'metrics', 'traces'])('an empty request of %s', async (signal) => {
  const answer = await post('{}', `/v1/${signal}`)
  expect([answer.status, answer.body.toString()]).toEqual([200, '{}'])
})

test.each([
  ['at the limit', 0, 200],
  ['over it', 1, 413],
])('what it becomes may be larger than it is: %s', async (_what, more, status) => {
  // Two characters for each eight bytes of protobuf.
  const metrics = (name: string): string => {
    const histogram = { dataPoints: [{ explicitBounds: Array<number>(2_000).fill(1) }] }
    return JSON.stringify({
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name, histogram }] }] }],
    })
  }
  const { length } = protobufOfJson(Buffer.from(metrics('m'.repeat(200))), 'metrics')
  const name = 'm'.repeat(BODY_BYTES - length + 200 + more)
  expect(metrics(name).length).toBeLessThan(BODY_BYTES / 2)
  expect((await post(metrics(name), '/v1/metrics')).status).toBe(status)
  expect(harness.receiver.status().inFlightBytes).toBe(0)
})
