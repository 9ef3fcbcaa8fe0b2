// Signatures that a Collector's signingprocessor puts on log records (processor/signingprocessor of
// opentelemetry-collector-contrib, read at commit 6067385): over JCS of the record's own fields,
// tagged values, without resource, scope, severity and flags. See signature.test.ts.
import { createHash, type KeyObject, verify } from 'node:crypto'
import {
  isObject,
  jcsBytes,
  type JsonObject,
  type JsonValue,
  type LogRecord,
  textOf,
} from '@grantlog/record'

/** A configured signer. */
export interface LogSigner {
  /** What verdicts say. */
  readonly name: string
  readonly key: KeyObject
  /** DER of its certificate; null for a bare public key, which no reference names. */
  readonly certificate: Uint8Array | null
}

/**
 * `none`: nobody signed it. `unverified`: by a signer that is not configured, or in a way that
 * nobody but the signer can check. `wrong`: a configured signer's, and not over this record.
 */
export type SignatureCheck = (
  log: LogRecord,
) => 'none' | 'unverified' | 'wrong' | { readonly signer: string }

const prefix = 'audit.integrity.'
const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/** Node's names, by the processor's: of the key's type, and of the hash. */
const algorithms: Readonly<Record<string, readonly [type: string, hash: string | null]>> = {
  RS256: ['rsa', 'sha256'],
  RS512: ['rsa', 'sha512'],
  ES256: ['ec', 'sha256'],
  EdDSA: ['ed25519', null],
}

export function createSignatureCheck(signers: readonly LogSigner[]): SignatureCheck {
  const byCertificate = new Map(
    signers.flatMap((signer) => (signer.certificate ? [[hashOf(signer.certificate), signer]] : [])),
  )
  const bare = signers.filter(({ certificate }) => certificate === null)
  return (log) => {
    const claim = claimOf(log)
    if (claim === null) return 'none'
    const { algorithm, certificate, value } = claim
    if (value === null || !Object.hasOwn(algorithms, algorithm)) return 'unverified'
    const named = certificate === null ? undefined : byCertificate.get(certificate)
    const candidates = named ? [named] : bare
    if (candidates.length === 0) return 'unverified'
    const message = signedForm(log)
    const signer = candidates.find(({ key }) => isSigned(message, value, { algorithm, key }))
    if (signer) return { signer: signer.name }
    // Of bare keys nobody knows which one it should be.
    return named ? 'wrong' : 'unverified'
  }
}

interface Claim {
  readonly algorithm: string
  /** SHA-256 of the certificate, hex; null when none is named. */
  readonly certificate: string | null
  /** The signature; null when it is no base64. */
  readonly value: Uint8Array | null
}

/** Null when there is no signature at all. Algorithm and certificate stand on the resource. */
function claimOf({ attributes, resource }: LogRecord): Claim | null {
  if (!Object.keys(attributes).some((name) => name.startsWith(prefix))) return null
  const text = (name: string): string =>
    textOf(attributes[prefix + name]) ?? textOf(resource.attributes[prefix + name]) ?? ''
  const value = text('value')
  return {
    algorithm: text('algorithm'),
    certificate: certificateIn(text('certificate')),
    value: base64.test(value) ? Buffer.from(value, 'base64') : null,
  }
}

/** `sha256:<hex>`, as OTEP 0267 also with colons, or base64 of the whole certificate in DER. */
function certificateIn(reference: string): string | null {
  const [, fingerprint] = /^sha256:((?:[0-9a-f]{2}:?){32})$/i.exec(reference) ?? []
  if (fingerprint !== undefined) return fingerprint.replaceAll(':', '').toLowerCase()
  return base64.test(reference) ? hashOf(Buffer.from(reference, 'base64')) : null
}

function isSigned(
  message: Uint8Array,
  signature: Uint8Array,
  { algorithm, key }: { readonly algorithm: string; readonly key: KeyObject },
): boolean {
  const [type, hash] = algorithms[algorithm]!
  if (key.asymmetricKeyType !== type) return false
  // ES256 in ASN.1 DER, as Go's ecdsa.SignASN1 gives it, and Node takes it.
  return verify(hash, message, key, signature)
}

/** What the processor hashes. */
export function signedForm(log: LogRecord): Uint8Array {
  const { attributes, body, eventName, observedTimeUnixNano, spanId, timeUnixNano, traceId } = log
  const signed = Object.entries(attributes).filter(([name]) => !name.startsWith(prefix))
  const members: [string, JsonValue | undefined][] = [
    ['event_name', eventName || undefined],
    ['body', isEmpty(body) ? undefined : theirs(body)],
    ['timestamp', timeOf(timeUnixNano)],
    ['observed_timestamp', timeOf(observedTimeUnixNano)],
    ['trace_id', traceId || undefined],
    ['span_id', spanId || undefined],
    ['attributes', signed.length > 0 ? membersOf(Object.fromEntries(signed)) : undefined],
  ]
  const there = members.filter((member): member is [string, JsonValue] => member[1] !== undefined)
  return jcsBytes(Object.fromEntries(there))
}

/** Go's time is an int64. */
function timeOf(nanos: bigint): string | undefined {
  return nanos === 0n ? undefined : BigInt.asIntN(64, nanos).toString()
}

/** Our tags as the processor's: no tag for lists, null for nothing. */
function theirs(tagged: JsonValue): JsonValue {
  if (!isObject(tagged) || isEmpty(tagged)) return null
  const { arrayValue, bytesValue, doubleValue, kvlistValue } = tagged
  if (Array.isArray(arrayValue)) return (arrayValue as JsonValue[]).map(theirs)
  if (isObject(kvlistValue)) return membersOf(kvlistValue)
  if (typeof bytesValue === 'string') {
    return { bytesValue: Buffer.from(bytesValue, 'base64url').toString('base64') }
  }
  if (typeof doubleValue !== 'string') return tagged
  const number = Buffer.from(doubleValue, 'hex').readDoubleBE()
  // JSON in Go has no NaN and no infinity: the processor signs no such record.
  return { doubleValue: Number.isFinite(number) ? number : null }
}

function membersOf(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, theirs(value)]))
}

function isEmpty(tagged: JsonValue): boolean {
  return isObject(tagged) && Object.keys(tagged).length === 0
}

function hashOf(certificate: Uint8Array): string {
  return createHash('sha256').update(certificate).digest('hex')
}
