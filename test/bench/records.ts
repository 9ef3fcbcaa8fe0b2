// Records as services make them: facts of an authorization server and an API, through the SDK's own
// describe, protect and sign. The peer gets the same spans without what only Grantlog needs.
import { createSecretKey } from 'node:crypto'
import { type Enrolment, generateEd25519, importEd25519, thumbprint } from '@grantlog/ledger'
import { type AttributeValue, base64url, builtInPolicy, type Span } from '@grantlog/record'
import { encodeTraceRequest, readAuditSpan } from '@grantlog/record/otlp'
import { describeFacts } from '../../packages/sdk/src/describe/describe.ts'
import type { SealedRecord } from '../../packages/sdk/src/event.ts'
import { encodeBatch } from '../../packages/sdk/src/export/encode.ts'
import type { Facts } from '../../packages/sdk/src/facts.ts'
import { createPolicyInForce } from '../../packages/sdk/src/policy-in-force.ts'
import { createHashes } from '../../packages/sdk/src/protect/hash.ts'
import { createProtector } from '../../packages/sdk/src/protect/protect.ts'
import { createRandom } from '../../packages/sdk/src/random.ts'
import { sha256 } from '../../packages/sdk/src/sha256.ts'
import { createBatchSigner } from '../../packages/sdk/src/sign/batch.ts'
import { sealRecord } from '../../packages/sdk/src/sign/record.ts'
import { createStamp } from '../../packages/sdk/src/sign/stamp.ts'
import { openStream } from '../../packages/sdk/src/sign/stream.ts'
import { createFacts } from './facts.ts'

const service = 'login'
const resource: [string, AttributeValue][] = [
  ['service.name', service],
  ['telemetry.sdk.language', 'nodejs'],
]

/** Requests of one connection, for us and for a peer: the same spans in the same order. */
export interface Bodies {
  readonly signed: readonly Uint8Array[]
  /** Made when asked for: who only sends to us need not wait for them. */
  readonly plain: () => readonly Uint8Array[]
  readonly spans: number
}

export interface RecordMaker {
  /** For `keys/enrolled.json`. */
  readonly enrolment: Enrolment
  /** A new stream, numbered from 0, in signed batches. */
  readonly stream: (batches: number, spansPerBatch: number) => Bodies
}

const random = createRandom()

/** A producer with a new key. */
export function createRecordMaker(): RecordMaker {
  const { jwk, publicKey } = generateEd25519()
  const { privateKey } = importEd25519(jwk)
  const kid = thumbprint(publicKey)
  const policy = builtInPolicy(sha256)
  const key = (byte: number) => createSecretKey(Buffer.alloc(32, byte))
  const hashes = createHashes({
    tokenKey: { kid: 't1', key: key(1) },
    personKey: { kid: 'p1', key: key(2) },
  })
  const stamp = createStamp(
    { service, environment: 'production', policy: createPolicyInForce(policy) },
    random,
  )
  const protect = createProtector(random, (name) => {
    throw new Error(`${name} is not in the registry`)
  })

  function sealed(sequence: number, facts: Facts): SealedRecord {
    const { attributes, ...description } = describeFacts(facts, hashes, policy)
    stamp(attributes, sequence)
    const occurrence = occurrenceNow()
    return sealRecord(
      { sequence, ...description, occurrence, attributes: protect(attributes) },
      random,
    )
  }

  const stream: RecordMaker['stream'] = (batches, spansPerBatch) => {
    const { instance } = openStream(random)
    const factsOf = createFacts()
    const signer = { privateKey, kid, audience: 'default', instance, nowMs: Date.now }
    const sign = createBatchSigner(signer)
    const signed: Uint8Array[] = []
    const batchesOfSpans: (readonly Uint8Array[])[] = []
    for (let batch = 0; batch < batches; batch++) {
      const first = batch * spansPerBatch
      const numbers = Array.from({ length: spansPerBatch }, (_, at) => first + at)
      const records = numbers.map((number) => sealed(number, factsOf(number)))
      signed.push(encodeBatch(sign(records), resource))
      batchesOfSpans.push(records.map(({ span }) => span))
    }
    let made: readonly Uint8Array[] | undefined
    const plain = (): readonly Uint8Array[] => (made ??= batchesOfSpans.map(plainBody))
    return { signed, plain, spans: batches * spansPerBatch }
  }
  return { stream, enrolment: enrolmentOf(kid, publicKey) }
}

/**
 * Spans as another instrumentation sends them: no evidence on the scope, no salts of slots, and no
 * record id, by which we would know them as audit spans.
 */
function plainBody(messages: readonly Uint8Array[]): Uint8Array {
  const scope = { name: 'http', version: '0.1.0', attributes: [] }
  const bare = messages.map((message) => {
    const span = spanIn(message)
    const kept = [...span.attributes].filter(([name]) => !/^audit\.(slot|record\.id)/.test(name))
    return { ...span, attributes: new Map(kept) }
  })
  return encodeTraceRequest([{ resource, scope, spans: bare }])
}

function spanIn(message: Uint8Array): Span {
  const read = readAuditSpan(message)
  if ('error' in read) throw read.error
  return read.span
}

function occurrenceNow() {
  const startTimeUnixNano = BigInt(Date.now()) * 1_000_000n
  const parent = {
    traceId: random(16, 'hex'),
    spanId: random(8, 'hex'),
  }
  return { startTimeUnixNano, endTimeUnixNano: startTimeUnixNano + 3_000_000n, parent }
}

function enrolmentOf(kid: string, publicKey: Uint8Array): Enrolment {
  return {
    assurance: 'configured',
    audience: 'default',
    issuers: [],
    kid,
    publicKey: base64url(publicKey),
    roles: ['authorization_server', 'resource_server'],
    services: [service],
    validFrom: 0,
    validUntil: 0,
  }
}
