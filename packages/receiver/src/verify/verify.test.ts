import { expect, test } from '@jest/globals'
import { type AuditGroup, done } from '@grantlog/record/otlp'
import { createProducer, recordSpan, signSpans } from '../../test/producer.ts'
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
