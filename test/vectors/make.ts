// Makes the golden bytes of FORMAT.md from fixed inputs: `node test/vectors/make.ts` writes them,
// vectors.test.ts compares. Keys here are for tests; nothing signed with them means anything.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ATTR,
  base64url,
  canonicalize,
  digestOf,
  divideLog,
  encodeList,
  sealLog,
  signBatch,
  textOf as textOfValue,
  type Span,
} from '@grantlog/record'
import { decodeLogsRequest, encodeTraceRequest } from '@grantlog/record/otlp'
import { deletion, encodeLogs } from '@grantlog/record/testing'
import { ed25519Signer, formatVkey, KEY_TYPE_ED25519, signCheckpoint } from '@grantlog/tlog'
import {
  ed25519Sign,
  encodeEnrolment,
  encodeLeaf,
  encodeValidation,
  type Enrolment,
  importEd25519,
  sha256,
  thumbprint,
} from '@grantlog/ledger'
import { contentDigest } from '../../packages/ledger/src/format/leaf.ts'
import { frameHash, openFrame, sealFrame } from '../../packages/ledger/src/format/frame.ts'
import { encodeObservation, observedHash } from '../../packages/ledger/src/format/observation.ts'
import { signLogReceipt } from '../../packages/ledger/src/format/log-receipt.ts'
import { receiptKeyName, signReceipt } from '../../packages/ledger/src/format/receipt.ts'
import { signRefusal } from '../../packages/ledger/src/format/refusal.ts'
import { tokenSpan } from '../../packages/record/test/spans.ts'
import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto'

const origin = 'vectors.example/log'
const receivedAt = 1_795_467_600_500

/** A key pair from a seed of one repeated byte. */
function keyOf(byte: number) {
  const seed = Buffer.alloc(32, byte)
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const x = createPublicKey(privateKey).export({ format: 'jwk' }).x!
  return importEd25519({ crv: 'Ed25519', d: seed.toString('base64url'), kty: 'OKP', x })
}

/** Vectors stay as they are: what was sealed under an old registry must be readable for good. */
const registry = 1
const canonical = (span: Span) => canonicalize(span, { registry, sha256 })
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** All golden files by name. */
export function makeVectors(): Map<string, string> {
  const spans = [0, 1, 2].map(numbered)
  const records = spans.map(canonical)
  const producer = keyOf(1)
  const kid = thumbprint(producer.publicKey)
  const instance = base64url(Buffer.alloc(16, 2))
  const batch = signBatch({
    digests: records.map(({ digest }) => digest),
    kid,
    sign: (data) => ed25519Sign(producer.privateKey, data),
    sha256,
    aud: 'default',
    firstSeq: 0,
    iat: 1_795_467_600,
    instance,
    prevRoot: '',
    registry,
  })
  const enrolment: Enrolment = {
    assurance: 'configured',
    audience: 'default',
    issuers: [],
    kid,
    publicKey: base64url(producer.publicKey),
    roles: ['authorization_server'],
    services: ['login'],
    validFrom: 1_795_467_000,
    validUntil: 0,
  }
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
  return new Map([
    ['record.json', json(recordVector(spans[1]!))],
    [
      'list.json',
      json({
        items: ['write', 'a b', 'read', 'read', '100%'],
        list: encodeList(['write', 'a b', 'read', 'read', '100%']),
      }),
    ],
    [
      'batch.json',
      json({
        kid,
        publicKey: enrolment.publicKey,
        jws: batch.jws,
        digests: base64url(batch.digests),
        root: batch.root,
      }),
    ],
    ['request.hex', `${hexOf(requestBody(spans, batch.jws, batch.digests))}\n`],
    [
      'enrolment.json',
      json({
        content: textOf(encodeEnrolment(enrolment)),
        digest: contentDigest('key', encodeEnrolment(enrolment)),
      }),
    ],
    ['leaves.json', json(leafVectors({ kid, instance, digest: base64url(records[1]!.digest) }))],
    ['validation.json', json(validationVector())],
    ['log.json', json(logVector())],
    ['frame.json', json(frameVector())],
    ['checkpoint', textOf(checkpointNote())],
    ['receipt', textOf(receiptNote(batch.root))],
    ['refusal', textOf(refusalNote(batch.root))],
    ['log-receipt', textOf(logReceiptNote())],
    ['edge-observation.json', `${textOf(edgeObservation())}\n`],
    ['log.vkey', `${vkeyOf(3, origin)}\n`],
    ['receipt.vkey', `${vkeyOf(4, receiptKeyName(origin))}\n`],
  ])
}

function numbered(seq: number): Span {
  const attributes = new Map(tokenSpan.attributes)
  attributes.set(ATTR.AUDIT_SEQUENCE_NUMBER, BigInt(seq))
  attributes.set(ATTR.AUDIT_RECORD_ID, `019aaf25-0c00-7000-8000-00000000000${seq}`)
  return { ...tokenSpan, attributes }
}

function recordVector(span: Span) {
  const { canonical: bytes, digest, slots } = canonical(span)
  return {
    span: {
      ...span,
      startTimeUnixNano: String(span.startTimeUnixNano),
      endTimeUnixNano: String(span.endTimeUnixNano),
      attributes: Object.fromEntries(
        [...span.attributes].map(([name, value]) => [
          name,
          typeof value === 'bigint' ? `${value}n` : value,
        ]),
      ),
    },
    openings: Object.fromEntries(slots.map(({ slot, opening }) => [slot, textOf(opening!)])),
    canonical: textOf(bytes),
    digest: hexOf(digest),
    digestAgain: hexOf(digestOf(bytes, sha256)),
  }
}

function requestBody(spans: readonly Span[], jws: string, digests: Uint8Array): Uint8Array {
  const attributes: [string, string | Uint8Array][] = [
    [ATTR.AUDIT_INTEGRITY_VALUE, jws],
    [ATTR.AUDIT_INTEGRITY_ALGORITHM, 'Ed25519'],
    [ATTR.AUDIT_INTEGRITY_DIGESTS, digests],
  ]
  const scope = { name: '@grantlog/sdk', version: '0.1.0', attributes }
  return encodeTraceRequest([{ resource: [['service.name', 'login']], scope, spans }])
}

function leafVectors({ kid, instance, digest }: { kid: string; instance: string; digest: string }) {
  const id = '019aaf25-0c00-7000-8000-000000000001'
  const hash = base64url(Buffer.alloc(32, 5))
  return [
    encodeLeaf({ digest, id, instance, kid, receivedAt, seq: 1, type: 'record', v: 1 }),
    encodeLeaf({ digest, id: kid, receivedAt, type: 'key', v: 1 }),
    encodeLeaf({ digest, id, receivedAt, type: 'validation', v: 1 }),
    encodeLeaf({ count: 2, first: 0, hash, receivedAt, type: 'frame', v: 1 }),
    encodeLeaf({
      ...{ instance, kid, lastSeen: receivedAt, lastSeq: 1 },
      ...{ receivedAt: receivedAt + 600_000, type: 'unclosed', v: 1 },
    }),
  ].map(textOf)
}

function validationVector() {
  const content = encodeValidation({
    from: 1_795_464_000_000,
    inputs: [{ bytes: 4096, digest: base64url(Buffer.alloc(32, 9)) }],
    lines: {
      ...{ all: 40, ignored: 2, malformed: 1, matched: 30, noRecord: 1, notAudited: 5 },
      ...{ unknown: 1, withoutLine: 0 },
    },
    madeAt: receivedAt,
    report: base64url(Buffer.alloc(32, 10)),
    requests: { counted: 40, records: 30 },
    service: 'api',
    streams: { all: 1, differing: 0, dropped: 0, emitted: 33, sealed: 33 },
    until: 1_795_467_600_000,
    verdict: 'differs',
  })
  return { content: textOf(content), digest: contentDigest('validation', content) }
}

/** A log record of somebody else's SDK: the request, and what is made of it. */
function logVector() {
  const request = encodeLogs([deletion])
  const [log] = decodeLogsRequest(request).logs()
  if (!log || 'error' in log) throw new TypeError('no log record')
  const id = textOfValue(log.attributes[ATTR.AUDIT_RECORD_ID])!
  const salt = () => Buffer.alloc(16, 12)
  const { canonical: bytes, digest, openings } = sealLog(divideLog(log, []), { id, salt, sha256 })
  const who = { caller: 'gateway', proof: 'certificate', signature: 'none', signer: '' } as const
  const observation = encodeObservation(who, Buffer.alloc(16, 13))
  const observed = observedHash(observation)
  const leaf = encodeLeaf({
    ...{ digest: base64url(digest), id, observed, receivedAt, signature: 'none' },
    ...{ type: 'log', v: 1 },
  })
  return {
    request: hexOf(request),
    openings: Object.fromEntries(openings.map(({ opening, slot }) => [slot, textOf(opening)])),
    ...{ canonical: textOf(bytes), digest: base64url(digest) },
    ...{ observation: textOf(observation), observed, leaf: textOf(leaf) },
  }
}

/** zstd may pack differently in another version, so only opening is reproduced. */
function frameVector() {
  const key = createSecretKey(Buffer.alloc(32, 6))
  const fields = {
    count: 1,
    first: 0,
    key: base64url(Buffer.alloc(16, 7)),
    nonce: base64url(Buffer.alloc(12, 8)),
    receivedAt,
  }
  const sealed = sealFrame(fields, Buffer.from('what was said of one commit'), key)
  return {
    key: hexOf(Buffer.alloc(32, 6)),
    header: textOf(sealed.header),
    ciphertext: base64url(sealed.ciphertext),
    hash: frameHash(sealed),
    plaintext: textOf(openFrame(sealed, key)),
  }
}

function signerOf(byte: number, name: string) {
  const { privateKey, publicKey } = keyOf(byte)
  return ed25519Signer({ name, publicKey, sign: (data) => ed25519Sign(privateKey, data) }, sha256)
}

function vkeyOf(byte: number, name: string): string {
  const { publicKey } = keyOf(byte)
  return formatVkey({ name, type: KEY_TYPE_ED25519, publicKey }, sha256)
}

function checkpointNote(): Uint8Array {
  return signCheckpoint({ origin, size: 3, root: sha256(Buffer.from('root')) }, [
    signerOf(3, origin),
  ])
}

function receiptNote(root: string): Uint8Array {
  const base64 = Buffer.from(root, 'base64url').toString('base64')
  const run = { firstSeq: 0, lastSeq: 2, firstIndex: 5, lastIndex: 7, receivedAt }
  return Buffer.from(
    signReceipt({ origin, root: base64, ...run }, signerOf(4, receiptKeyName(origin))),
  )
}

function refusalNote(root: string): Uint8Array {
  const base64 = Buffer.from(root, 'base64url').toString('base64')
  const run = { code: 'CONFLICT', root: base64, firstSeq: 1, lastSeq: 2 }
  const log = { code: 'MALFORMED', digest: Buffer.alloc(32, 14).toString('base64') }
  const refusal = { origin, refusedAt: receivedAt, parts: [run, log] }
  return signRefusal(refusal, signerOf(4, receiptKeyName(origin)))
}

function logReceiptNote(): Uint8Array {
  const logs = [{ digest: Buffer.alloc(32, 15).toString('base64'), index: 9 }]
  const receipt = { origin, signedAt: receivedAt, logs }
  return signLogReceipt(receipt, signerOf(4, receiptKeyName(origin)))
}

/** Of a log record that an edge brought. */
function edgeObservation(): Uint8Array {
  const digest = base64url(Buffer.alloc(32, 15))
  const seen = { caller: 'billing', proof: 'token', signature: 'none', signer: '' } as const
  const edge = { ...seen, digest, index: 4, origin: 'edge.example/log', receivedAt }
  const who = { caller: 'edge', proof: 'certificate', signature: 'none', signer: '' } as const
  return encodeObservation({ ...who, edge }, Buffer.alloc(16, 13))
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, 'v1')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of makeVectors()) writeFileSync(join(folder, name), text)
}
