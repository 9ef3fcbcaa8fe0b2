import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { type AttributeValue, builtInPolicy, readBatch, type Span } from '@grantlog/record'
import { readAuditSpan } from '@grantlog/record/otlp'
import type { SealedRecord } from '../event.ts'
import { createPolicyInForce } from '../policy-in-force.ts'
import { createRandom } from '../random.ts'
import { sha256 } from '../sha256.ts'
import { createBatchSigner, runLength } from './batch.ts'
import { randomId, uuidV7 } from './id.ts'
import { sealRecord } from './record.ts'
import { createStamp } from './stamp.ts'
import { openStream } from './stream.ts'

const random = createRandom()
const policy = createPolicyInForce(builtInPolicy(sha256))
const stamp = createStamp({ service: 'login', environment: null, policy }, random)

function seal(sequence: number): SealedRecord {
  const attributes = spoken(sequence)
  const occurrence = { startTimeUnixNano: 1_000n, endTimeUnixNano: 2_000n, parent: null }
  const what = { action: 'oauth.token', kind: 'server', failed: false, message: '' } as const
  return sealRecord({ sequence, ...what, occurrence, attributes }, random)
}

describe('batches', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const options = {
    privateKey,
    kid: 'k',
    audience: 'default',
    instance: openStream(random).instance,
  }

  test('are chained, verify, and hold the digests of their records', () => {
    const signer = createBatchSigner({ ...options, nowMs: () => 1_764_000_000_999 })
    const first = signer([seal(0), seal(1)])
    const second = signer([seal(2)])
    const read = [first, second].map(({ jws, digests }) => readBatch(jws, digests, sha256))
    expect(read.map(({ statement }) => statement)).toMatchObject([
      { firstSeq: 0, n: 2, prevRoot: '', iat: 1_764_000_000, aud: 'default' },
      { firstSeq: 2, n: 1, prevRoot: first.root },
    ])
    for (const { signingInput, signature } of read) {
      expect(
        verify(
          null,
          signingInput,
          createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })),
          signature,
        ),
      ).toBe(true)
    }
    expect(first.digests.subarray(32)).toEqual(Uint8Array.from(first.records[1]!.digest))
  })

  test.each([
    [[], 512, 0],
    [[0], 512, 1],
    [[0, 1, 2], 512, 3],
    [[0, 1, 2], 2, 2],
    [[4, 5, 7, 8], 512, 2],
    [[4, 6, 7], 512, 1],
  ])('of %j, at most %i: the first %i', (sequences, max, length) => {
    const records = sequences.map((sequence) => ({ ...seal(0), sequence }))
    expect(runLength(records, max)).toBe(length)
  })
})

test('a stream numbers from 0 and counts by action', () => {
  const stream = openStream(random)
  const numbers = ['audit.stream.start', 'oauth.token', 'oauth.token', 'audit.stream.stop'].map(
    stream.number,
  )
  expect(numbers).toEqual([0, 1, 2, 3])
  const facts = { dropped: 2, httpRequests: 5, checkpoint: 'log 3 root' }
  expect(Object.fromEntries(stream.describe('audit.stream.stop', facts))).toMatchObject({
    'audit.stream.counts': 'audit.stream.start=1 audit.stream.stop=1 oauth.token=2',
    'audit.stream.dropped': 2n,
    'audit.stream.http_requests': 5n,
    'audit.stream.checkpoint': 'log 3 root',
  })
  expect(Buffer.from(stream.instance, 'base64url')).toHaveLength(16)
  expect(openStream(random).instance).not.toBe(stream.instance)
})

test('a record hangs under its parent, or starts a trace', () => {
  const parent = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) }
  const occurrence = { startTimeUnixNano: 1_000n, endTimeUnixNano: 2_000n, parent }
  const record = { ...base(), occurrence, failed: true, message: 'invalid_grant' }
  expect(spanIn(sealRecord(record, random))).toMatchObject({
    traceId: parent.traceId,
    parentSpanId: parent.spanId,
    kind: 2,
    status: { code: 2, message: 'invalid_grant' },
  })
  expect(spanIn(seal(0))).toMatchObject({ parentSpanId: '', status: { code: 1, message: '' } })
})

/** As the receiver reads it. */
function spanIn({ span }: SealedRecord): Span {
  const read = readAuditSpan(span)
  if ('error' in read) throw read.error
  return read.span
}

function base() {
  return {
    kind: 'server' as const,
    sequence: 0,
    action: 'oauth.token',
    attributes: spoken(0),
  }
}

function spoken(sequence: number): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>([
    ['audit.action', 'oauth.token'],
    ['audit.outcome', 'success'],
  ])
  stamp(attributes, sequence)
  return attributes
}

test('ids: UUIDv7 with its time, and span ids that are never zero', () => {
  const id = uuidV7(0x0123456789ab, random)
  expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const draws = ['0000000000000000', '0000000000000001']
  expect(randomId(8, () => draws.shift()!)).toBe('0000000000000001')
})
