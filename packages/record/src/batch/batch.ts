import { base64url, concat, equalBytes, fromBase64url, utf8, utf8Text } from '../bytes.ts'
import { isObject, jcs, jcsBytes, readJcs, readJcsText } from '../canonical/jcs.ts'
import { RecordError } from '../codes.ts'
import { batchRecordsMax, jwsLengthMax } from '../limits.ts'
import { REGISTRY_VERSION } from '../names.ts'
import type { JsonValue, Sha256 } from '../span.ts'
import { batchRoot } from './root.ts'

const typ = 'grantlog-batch+jws'
const members = 'aud,c14n,firstSeq,iat,instance,n,prevRoot,registry,root'

/** What a producer signs about a batch of its records (FORMAT.md 2.1). */
export interface BatchStatement {
  readonly aud: string
  readonly c14n: 'grantlog-span-v1'
  readonly firstSeq: number
  /** Unix seconds. */
  readonly iat: number
  /** b64u of 16 bytes: the stream. */
  readonly instance: string
  readonly n: number
  /** b64u root of the stream's previous batch, or `''`. */
  readonly prevRoot: string
  readonly registry: number
  /** b64u of 32 bytes. */
  readonly root: string
}

/** A batch with everything checked but its signature. */
export interface UnverifiedBatch {
  /** Attacker-controlled until the signature is verified under the key enrolled for it. */
  readonly kid: string
  readonly statement: BatchStatement
  readonly signingInput: Uint8Array
  readonly signature: Uint8Array
}

export interface BatchToSign {
  readonly digests: readonly Uint8Array[]
  readonly kid: string
  /** Ed25519 signature of the JWS signing input, 64 bytes. */
  readonly sign: (signingInput: Uint8Array) => Uint8Array
  readonly sha256: Sha256
  readonly aud: string
  readonly firstSeq: number
  readonly iat: number
  readonly instance: string
  readonly prevRoot: string
  /** Version of the registry that the records' attributes are of; the newest otherwise. */
  readonly registry?: number
}

/** A signed batch as it travels on the scope: the JWS and the digests, concatenated. */
export interface SignedBatch {
  readonly jws: string
  readonly root: string
  readonly digests: Uint8Array
}

/**
 * Signs a batch (JWS compact serialization, RFC 7515; alg `Ed25519`, RFC 9864). The reverse is
 * {@link readBatch} and a check of the signature. Throws BATCH_MALFORMED for no or too many
 * records.
 */
export function signBatch(batch: BatchToSign): SignedBatch {
  const n = batch.digests.length
  if (n < 1 || n > batchRecordsMax) throw malformed(`a batch holds 1 to ${batchRecordsMax} records`)
  const digests = concat(...batch.digests)
  const root = base64url(batchRoot(digests, batch.sha256))
  const { aud, firstSeq, iat, instance, kid, prevRoot, registry = REGISTRY_VERSION } = batch
  const header = jcsBytes({ alg: 'Ed25519', kid, typ })
  const payload = jcsBytes({
    aud,
    c14n: 'grantlog-span-v1',
    firstSeq,
    iat,
    instance,
    n,
    prevRoot,
    registry,
    root,
  })
  const signingInput = `${base64url(header)}.${base64url(payload)}`
  const signature = batch.sign(utf8(signingInput))
  return { jws: `${signingInput}.${base64url(signature)}`, root, digests }
}

/**
 * Reads a batch strictly and checks the digests against its root. The signature is left to the
 * caller, who knows the enrolled keys: nothing here may be believed before it is verified.
 * `rootOf` gives what `batchRoot` does, when the caller has a faster one.
 *
 * Throws BATCH_MALFORMED, REGISTRY_UNKNOWN or BATCH_ROOT_MISMATCH.
 */
export function readBatch(
  jws: string,
  digests: Uint8Array,
  sha256: Sha256,
  rootOf: (digests: Uint8Array) => Uint8Array = (each) => batchRoot(each, sha256),
): UnverifiedBatch {
  if (jws.length > jwsLengthMax) throw malformed(`longer than ${jwsLengthMax} characters`)
  const [header = '', ...parts] = jws.split('.')
  const [payload, signature] = parts.map((part) => fromBase64url(part))
  if (parts.length !== 2 || !payload || signature?.length !== 64) {
    throw malformed('not a compact JWS with a 64-byte signature')
  }
  const statement = statementIn(payload)
  if (digests.length !== statement.n * 32) throw malformed('number of digests')
  if (!equalBytes(rootOf(digests), fromBase64url(statement.root)!)) {
    throw new RecordError('BATCH_ROOT_MISMATCH', 'the digests do not hash to the signed root')
  }
  const signingInput = utf8(`${header}.${parts[0]}`)
  return { kid: kidOf(header), statement, signingInput, signature }
}

/** A producer's batches all have the same header: the last one is not read again. */
let last: { readonly header: string; readonly kid: string } | undefined

function kidOf(header: string): string {
  if (header !== last?.header) last = { header, kid: readKid(header) }
  return last.kid
}

function readKid(header: string): string {
  const bytes = fromBase64url(header)
  if (!bytes) throw malformed('header')
  const json = readJcs(bytes, 'BATCH_MALFORMED', 'batch header')
  if (!isObject(json) || typeof json.kid !== 'string') throw malformed('header')
  // The whole header is prescribed: no algorithm to choose, no embedded key to be talked into.
  if (jcs(json) !== jcs({ alg: 'Ed25519', kid: json.kid, typ })) throw malformed('header')
  return json.kid
}

const whole = '(?:0|[1-9]\\d{0,15})'
/** So many bytes: the last character has no bits that nobody reads. */
const b64uOf16 = '[\\w-]{21}[AQgw]'
const b64uOf32 = '[\\w-]{42}[AEIMQUYcgkosw048]'
/** A statement whose `aud` has nothing to escape: whatever matches is in canonical form. */
const plainForm = new RegExp(
  `^\\{"aud":"[ !#-[\\]-~]{1,256}","c14n":"grantlog-span-v1","firstSeq":${whole},"iat":${whole},` +
    `"instance":"${b64uOf16}","n":${whole},"prevRoot":"(?:${b64uOf32})?","registry":${whole},` +
    `"root":"${b64uOf32}"\\}$`,
)

function statementIn(payload: Uint8Array): BatchStatement {
  const what = 'batch payload'
  const text = utf8Text(payload, 'BATCH_MALFORMED', what)
  return plainStatement(text) ?? readStatement(readJcsText(text, 'BATCH_MALFORMED', what))
}

/**
 * What `readStatement` gives, for a fraction of it; undefined for what is not as producers write
 * it, or wrong. batch.test.ts holds the two equal.
 */
function plainStatement(text: string): BatchStatement | undefined {
  if (!plainForm.test(text)) return undefined
  const statement = JSON.parse(text) as BatchStatement
  const { firstSeq, iat, n, registry } = statement
  if (!isCount(firstSeq) || !isCount(iat) || n < 1 || n > batchRecordsMax) return undefined
  return registry < 1 || registry > REGISTRY_VERSION ? undefined : statement
}

function readStatement(json: JsonValue): BatchStatement {
  if (!isObject(json) || Object.keys(json).join() !== members) throw malformed('payload members')
  const { aud, c14n, instance, prevRoot, registry, root } = json
  if (c14n !== 'grantlog-span-v1') throw malformed('c14n')
  if (typeof aud !== 'string' || aud === '' || aud.length > 256) throw malformed('aud')
  if (!isBytes(instance, 16)) throw malformed('instance')
  if (!isBytes(root, 32)) throw malformed('root')
  if (prevRoot !== '' && !isBytes(prevRoot, 32)) throw malformed('prevRoot')
  if (!isCount(registry) || registry < 1) throw malformed('registry')
  if (registry > REGISTRY_VERSION) {
    throw new RecordError('REGISTRY_UNKNOWN', `registry version ${registry} is not known here`)
  }
  const { firstSeq, iat, n } = json
  if (!isCount(firstSeq) || !isCount(iat) || !isCount(n)) throw malformed('a number')
  if (n < 1 || n > batchRecordsMax) throw malformed('n')
  return { aud, c14n, firstSeq, iat, instance, n, prevRoot, registry, root }
}

function isBytes(value: JsonValue | undefined, length: number): value is string {
  return typeof value === 'string' && fromBase64url(value)?.length === length
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function malformed(what: string): RecordError {
  return new RecordError('BATCH_MALFORMED', `malformed batch: ${what}`)
}
