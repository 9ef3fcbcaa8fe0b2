import { createPublicKey, type KeyObject } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { type AuditGroup, decodeTraceRequest, done } from '@grantlog/record/otlp'
import {
  createProducer,
  encodeSpans,
  recordSpan,
  recordSpans,
  signSpans,
} from '../../test/producer.ts'
import { createVerifier } from './verify.ts'

test('spans of a refused scope are counted, and never read', () => {
  const verify = createVerifier({
    lookup: () => undefined,
    signaturesPerRequest: 1,
    verdicts: 1,
    now: () => 0,
  })
  const { jws, digests } = signSpans(createProducer(), [recordSpan(0)])
  const scope = { name: '@grantlog/sdk', version: '', jws: null, digests: null }
  const group = (of: AuditGroup['scope'], count: number): AuditGroup => ({
    resource: {},
    scope: of,
    count,
    get messages(): never {
      throw new Error('read')
    },
    get spans(): never {
      throw new Error('read')
    },
  })
  const groups = [group(scope, 20_000), group(scope, 1), group({ ...scope, jws, digests }, 7)]
  expect(done(verify(groups))).toMatchObject({
    batches: [],
    refusals: [
      { code: 'UNSIGNED', sender: 'unknown', spans: 20_001 },
      { code: 'UNKNOWN_KEY', sender: 'unknown', spans: 7 },
    ],
    repeats: 0,
    deferred: 0,
  })
})

test('nothing is told of a batch that a revoked key did not sign', () => {
  const [gone, other] = [createProducer({ revoked: 'superseded' }), createProducer()]
  const { kid, enrolment } = gone
  const publicKey = createPublicKey(gone.privateKey)
  const verify = createVerifier({
    ...{ signaturesPerRequest: 1, verdicts: 1, now: () => 0 },
    lookup: () => ({ kid, enrolment, publicKey }),
  })
  const spans = [recordSpan(0)]
  const refusedOf = (privateKey: KeyObject) => {
    const body = encodeSpans(spans, signSpans({ ...gone, privateKey }, spans))
    const { refusals, refused } = done(verify(decodeTraceRequest(body).groups))
    expect(refusals).toEqual([{ code: 'REVOKED', sender: kid, spans: 1 }])
    return done(refused())
  }
  expect(refusedOf(other.privateKey)).toEqual([])
  expect(refusedOf(gone.privateKey)).toHaveLength(1)
})

test('the places of what was refused are read in turns, too', () => {
  const producer = createProducer({ revoked: 'superseded' })
  const { kid, enrolment } = producer
  const publicKey = createPublicKey(producer.privateKey)
  const verify = createVerifier({
    ...{ signaturesPerRequest: 1, verdicts: 1, now: () => 0 },
    lookup: () => ({ kid, enrolment, publicKey }),
  })
  const spans = recordSpans(100)
  const { groups } = decodeTraceRequest(encodeSpans(spans, signSpans(producer, spans)))
  const work = done(verify(groups)).refused()
  let pauses = 0
  for (; ; pauses++) {
    const step = work.next()
    if (!step.done) continue
    expect(step.value.map(({ code, seq }) => [code, seq])).toEqual(
      spans.map((_, seq) => ['REVOKED', seq]),
    )
    break
  }
  expect(pauses).toBe(100)
})
