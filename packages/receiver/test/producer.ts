// A producer for tests: real keys, real spans, real batches, as the SDK makes them.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { type Enrolment, sha256, thumbprint } from '@grantlog/ledger'
import {
  type AttributeValue,
  base64url,
  canonicalize,
  REGISTRY_VERSION,
  type SignedBatch,
  signBatch,
  type Span,
} from '@grantlog/record'
import { encodeTraceRequest } from '@grantlog/record/otlp'

export interface Producer {
  readonly kid: string
  readonly enrolment: Enrolment
  readonly privateKey: KeyObject
  readonly instance: string
}

/** A producer of the service `login`, enrolled for the role `authorization_server`. */
export function createProducer(change: Partial<Enrolment> = {}): Producer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x } = publicKey.export({ format: 'jwk' })
  const kid = thumbprint(Buffer.from(x!, 'base64url'))
  const enrolment: Enrolment = {
    assurance: 'configured',
    audience: 'default',
    issuers: [],
    kid,
    publicKey: x!,
    roles: ['authorization_server'],
    services: ['login'],
    validFrom: 0,
    validUntil: 0,
    ...change,
  }
  return { kid, enrolment, privateKey, instance: base64url(randomBytes(16)) }
}

const SALT = base64url(Buffer.alloc(16, 7))

/** A record's span. `attributes` are added to, or put in place of, the usual ones. */
export function recordSpan(seq: number, attributes: Record<string, AttributeValue> = {}): Span {
  const start = 1_790_000_000_000_000_000n + BigInt(seq) * 1_000_000n
  const id = `01990000-0000-7000-8000-${seq.toString(16).padStart(12, '0')}`
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: (seq + 1).toString(16).padStart(16, '0'),
    parentSpanId: '',
    name: 'oauth.token.issue',
    kind: 2,
    startTimeUnixNano: start,
    endTimeUnixNano: start + 2_000_000n,
    status: { code: 1, message: '' },
    attributes: new Map<string, AttributeValue>(
      Object.entries({
        'audit.record.id': id,
        'audit.sequence.number': BigInt(seq),
        'audit.action': 'oauth.token.issue',
        'audit.outcome': 'success',
        'audit.producer.service': 'login',
        'oauth.role': 'authorization_server',
        'user.id': 'alice',
        'audit.slot.user.salt': SALT,
        'user.hash': 'p1.hash-of-alice',
        'audit.slot.pseudonym.salt': SALT,
        ...attributes,
      }),
    ),
  }
}

export function recordSpans(count: number, first = 0): Span[] {
  return Array.from({ length: count }, (_, at) => recordSpan(first + at))
}

export interface SigningOptions {
  readonly aud?: string
  /** Unix seconds. */
  readonly iat?: number
  readonly firstSeq?: number
  /** Default: the newest. */
  readonly registry?: number
  /** Default: that of the first batch that ended here. */
  readonly prevRoot?: string
}

/** Roots by stream and the number after their batch, each by its first batch. */
const roots = new Map<string, string>()

/** Signs spans with consecutive numbers as one batch, chained to the one before. */
export function signSpans(
  producer: Producer,
  spans: readonly Span[],
  options: SigningOptions = {},
): SignedBatch {
  const { aud = 'default', iat = 1_790_000_000, firstSeq, prevRoot } = options
  const { registry = REGISTRY_VERSION } = options
  const first = firstSeq ?? Number(spans[0]!.attributes.get('audit.sequence.number'))
  const stream = `${producer.kid} ${producer.instance}`
  const batch = signBatch({
    digests: spans.map((span) => canonicalize(span, { registry, sha256 }).digest),
    kid: producer.kid,
    sign: (data) => sign(null, data, producer.privateKey),
    sha256,
    aud,
    firstSeq: first,
    iat,
    instance: producer.instance,
    registry,
    prevRoot: prevRoot ?? roots.get(`${stream} ${first}`) ?? '',
  })
  const next = `${stream} ${first + spans.length}`
  roots.set(next, roots.get(next) ?? batch.root)
  return batch
}

/** An ExportTraceServiceRequest of spans under a batch; null: without one. */
export function encodeSpans(spans: readonly Span[], batch: SignedBatch | null): Uint8Array {
  const attributes: [string, AttributeValue | Uint8Array][] =
    batch === null
      ? []
      : [
          ['audit.integrity.value', batch.jws],
          ['audit.integrity.algorithm', 'Ed25519'],
          ['audit.integrity.digests', batch.digests],
        ]
  const scope = { name: '@grantlog/sdk', version: '0.1.0', attributes }
  return encodeTraceRequest([{ resource: [['service.name', 'login']], scope, spans: [...spans] }])
}

/** What the SDK would send for these spans. */
export function signedBody(producer: Producer, spans: readonly Span[]): Uint8Array {
  return encodeSpans(spans, signSpans(producer, spans))
}

/** A span of somebody else's instrumentation. */
export function plainBody(attributes: Record<string, AttributeValue> = {}): Uint8Array {
  const span = { ...recordSpan(0), attributes: new Map(Object.entries(attributes)) }
  const scope = { name: 'http', version: '1', attributes: [] }
  return encodeTraceRequest([{ resource: [['service.name', 'shop']], scope, spans: [span] }])
}
