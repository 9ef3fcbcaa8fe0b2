// A producer for tests: real keys, real batches, as the SDK makes them.
import { randomUUID } from 'node:crypto'
import {
  ATTR,
  type AttributeValue,
  base64url,
  batchRoot,
  canonicalize,
  REGISTRY_VERSION,
  signBatch,
  type SignedBatch,
  type Span,
} from '@grantlog/record'
import type { BatchToCommit, RecordToCommit } from '../src/commit/items.ts'
import {
  ed25519Sign,
  type Ed25519Jwk,
  generateEd25519,
  importEd25519,
  sha256,
  thumbprint,
} from '../src/crypto.ts'
import type { Enrolment } from '../src/format/enrolment.ts'
import type { RecordType } from '../src/format/leaf.ts'

export interface SpanOptions {
  readonly seq: number
  readonly service?: string
  readonly action?: string
  readonly attributes?: Iterable<readonly [string, AttributeValue]>
}

/** A record as a span; deterministic but for its record id. */
export function spanOf({ seq, service = 'login', action, attributes = [] }: SpanOptions): Span {
  const start = 1_795_467_000_000_000_000n + BigInt(seq) * 1_000_000n
  return {
    traceId: (seq + 1).toString(16).padStart(32, '0'),
    spanId: (seq + 1).toString(16).padStart(16, '0'),
    parentSpanId: '',
    name: action ?? 'oauth.token',
    kind: 2,
    startTimeUnixNano: start,
    endTimeUnixNano: start + 2_000_000n,
    status: { code: 1, message: '' },
    attributes: new Map<string, AttributeValue>([
      [ATTR.AUDIT_RECORD_ID, randomUUID().replace(/^(.{14})4/, '$17')],
      [ATTR.AUDIT_SEQUENCE_NUMBER, BigInt(seq)],
      [ATTR.AUDIT_ACTION, action ?? 'oauth.token'],
      [ATTR.AUDIT_OUTCOME, 'success'],
      [ATTR.AUDIT_PRODUCER_SERVICE, service],
      [ATTR.OAUTH_ROLE, 'authorization_server'],
      [ATTR.OAUTH_CLIENT_ID, 'web'],
      ...attributes,
    ]),
  }
}

/** The personal slots of one person, as attributes. */
export function person(name: string): [string, AttributeValue][] {
  const salt = base64url(sha256(Buffer.from(`salt of ${name}`)).subarray(0, 16))
  return [
    [ATTR.USER_ID, name],
    [ATTR.AUDIT_SLOT_USER_SALT, salt],
    [ATTR.USER_HASH, `p1.${base64url(sha256(Buffer.from(name)).subarray(0, 16))}`],
    [ATTR.AUDIT_SLOT_PSEUDONYM_SALT, salt],
  ]
}

export interface TestProducer {
  readonly kid: string
  readonly jwk: Ed25519Jwk
  readonly instance: string
  readonly enrolment: Enrolment
  /** Signs spans with consecutive numbers as one batch, chained to the one before. */
  sign(spans: readonly Span[], prevRoot?: string): SignedBatch
  /** Signs digests of records as one batch, whatever they are of. */
  signDigests(digests: readonly Uint8Array[], firstSeq: number, prevRoot?: string): SignedBatch
  /** The batch, ready to commit. */
  batch(spans: readonly Span[]): BatchToCommit
}

export function testProducer(
  options: { services?: string[]; instance?: string } = {},
): TestProducer {
  const { jwk, publicKey } = generateEd25519()
  const { privateKey } = importEd25519(jwk)
  const kid = thumbprint(publicKey)
  const instance = options.instance ?? base64url(sha256(publicKey).subarray(0, 16))
  const enrolment: Enrolment = {
    assurance: 'configured',
    audience: 'default',
    issuers: [],
    kid,
    publicKey: base64url(publicKey),
    roles: ['authorization_server'],
    services: options.services ?? ['login'],
    validFrom: 0,
    validUntil: 0,
  }
  const canonical = (span: Span) => canonicalize(span, { registry: REGISTRY_VERSION, sha256 })
  /** Roots by the number after their batch. */
  const roots = new Map<number, string>()
  const signDigests: TestProducer['signDigests'] = (digests, firstSeq, prevRoot = '') =>
    signBatch({
      ...{ digests, kid, firstSeq, instance, prevRoot, sha256 },
      sign: (data) => ed25519Sign(privateKey, data),
      aud: 'default',
      iat: 1_795_467_000,
    })
  const sign: TestProducer['sign'] = (spans, prevRoot) => {
    const firstSeq = Number(spans[0]!.attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER))
    const digests = spans.map((span) => canonical(span).digest)
    const batch = signDigests(digests, firstSeq, prevRoot ?? roots.get(firstSeq))
    roots.set(firstSeq + spans.length, batch.root)
    return batch
  }
  const batch: TestProducer['batch'] = (spans) => {
    const { jws, digests } = sign(spans)
    return { kid, instance, evidence: { jws, digests }, records: spans.map(recordToCommit) }
  }
  return { kid, jwk, instance, enrolment, sign, signDigests, batch }
}

export function recordToCommit(span: Span): RecordToCommit {
  const { canonical, digest, slots } = canonicalize(span, { registry: REGISTRY_VERSION, sha256 })
  const action = String(span.attributes.get(ATTR.AUDIT_ACTION))
  const stream = /^audit\.stream\.(start|heartbeat|stop)$/.exec(action)?.[1]
  return {
    type: (stream ?? 'record') as RecordType,
    id: String(span.attributes.get(ATTR.AUDIT_RECORD_ID)),
    seq: Number(span.attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER)),
    digest,
    canonical,
    unsigned: new Uint8Array(0),
    openings: slots.flatMap(({ slot, opening }) => (opening ? [{ slot, opening }] : [])),
  }
}

/** The root of digests, b64u. */
export function rootOf(digests: Uint8Array): string {
  return base64url(batchRoot(digests, sha256))
}
