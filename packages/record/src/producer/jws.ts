// A JWS in compact form (RFC 7515) with a prescribed header and a payload in JCS form: nothing to
// choose for whoever made it. See producer.test.ts.
import { base64url, fromBase64url, utf8 } from '../bytes.ts'
import { isObject, jcs, jcsBytes, readJcs } from '../canonical/jcs.ts'
import { RecordError } from '../codes.ts'
import type { JsonValue } from '../span.ts'

/** Ed25519 signature of a JWS signing input, 64 bytes. */
export type Sign = (signingInput: Uint8Array) => Uint8Array

/** Everything but the signature is checked. */
export interface UnverifiedJws {
  /** Attacker-controlled, like the payload, until the signature is verified under its key. */
  readonly kid: string
  readonly payload: { readonly [name: string]: JsonValue }
  readonly signingInput: Uint8Array
  readonly signature: Uint8Array
}

export interface JwsToSign {
  readonly typ: string
  readonly kid: string
  readonly payload: JsonValue
  readonly sign: Sign
}

export function signJws({ kid, payload, sign, typ }: JwsToSign): string {
  const header = base64url(jcsBytes({ alg: 'Ed25519', kid, typ }))
  const signingInput = `${header}.${base64url(jcsBytes(payload))}`
  return `${signingInput}.${base64url(sign(utf8(signingInput)))}`
}

/** Throws PRODUCER_MALFORMED. `members`: those that a payload may have, each in JCS order. */
export function readJws(
  jws: string,
  { lengthMax, members, typ }: { typ: string; lengthMax: number; members: readonly string[] },
): UnverifiedJws {
  if (jws.length > lengthMax) throw malformed(`longer than ${lengthMax} characters`)
  const [header = '', ...parts] = jws.split('.')
  const [payload, signature] = parts.map((part) => fromBase64url(part))
  if (parts.length !== 2 || !payload || signature?.length !== 64) {
    throw malformed('not a compact JWS with a 64-byte signature')
  }
  const json = readJcs(payload, 'PRODUCER_MALFORMED', 'payload')
  if (!isObject(json) || !members.includes(Object.keys(json).join())) {
    throw malformed('payload members')
  }
  const signingInput = utf8(`${header}.${parts[0]}`)
  return { kid: kidIn(header, typ), payload: json, signingInput, signature }
}

function kidIn(header: string, typ: string): string {
  const json = readJcs(fromBase64url(header) ?? utf8(''), 'PRODUCER_MALFORMED', 'header')
  if (!isObject(json) || typeof json.kid !== 'string') throw malformed('header')
  if (jcs(json) !== jcs({ alg: 'Ed25519', kid: json.kid, typ })) throw malformed('header')
  return json.kid
}

export function malformed(what: string): RecordError {
  return new RecordError('PRODUCER_MALFORMED', `malformed: ${what}`)
}
