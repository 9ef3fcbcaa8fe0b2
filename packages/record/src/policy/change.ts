// What a `policy` leaf is the digest of (FORMAT.md 3.2): who changed the policy, from what to what,
// and how. Leaves of older logs have the document alone. See change.test.ts.
import { base64url } from '../bytes.ts'
import { isObject, jcsBytes, readJcs } from '../canonical/jcs.ts'
import { RecordError } from '../codes.ts'
import { policyTextMax } from '../limits.ts'
import type { JsonValue, Sha256 } from '../span.ts'
import { type Operation, patchOf } from './patch.ts'

const format = 'grantlog-policy-change-v1'

const authorKinds = ['command', 'file'] as const

/**
 * Who changed it, as claimed: nobody proved it. `command`: whoever ran one named himself, or the
 * operating system did; `file`: the file was replaced otherwise, and this is whom it belongs to.
 */
export interface PolicyAuthor {
  readonly name: string
  readonly by: (typeof authorKinds)[number]
}

export interface PolicyChange {
  readonly author: PolicyAuthor
  /** Hash of the policy before; null: the log had none, or it is not known. */
  readonly before: string | null
  /** From the document before; where none is known, the whole is added at the top. */
  readonly diff: readonly Operation[]
  readonly document: JsonValue
  /** Of the document, as records name it: `audit.policy.hash`. */
  readonly hash: string
}

export interface ChangeOptions {
  readonly author: PolicyAuthor
  /** `document` is null where only its hash is known. */
  readonly before: { readonly document: JsonValue; readonly hash: string } | null
  readonly document: JsonValue
}

/** The content of a leaf, JCS. */
export function encodePolicyChange(
  { author, before, document }: ChangeOptions,
  sha256: Sha256,
): Uint8Array {
  const diff =
    before === null || before.document === null
      ? [{ op: 'add', path: '', value: document }]
      : patchOf(before.document, document).map((operation) => ({ ...operation }))
  const { by, name } = author
  return jcsBytes({
    author: { by, name: name.slice(0, policyTextMax) },
    before: before?.hash ?? null,
    diff,
    document,
    format,
    hash: hashOf(document, sha256),
  })
}

/** A leaf's content, of an older log too: then author, before and diff are null. */
export type SealedPolicy =
  | PolicyChange
  | (Pick<PolicyChange, 'document' | 'hash'> & {
      readonly author: null
      readonly before: null
      readonly diff: null
    })

/** Throws RECORD_MALFORMED. The document is not read, nor is the diff applied. */
export function readPolicyChange(content: Uint8Array, sha256: Sha256): SealedPolicy {
  const json = readJcs(content, 'RECORD_MALFORMED', 'policy')
  if (!isObject(json)) throw malformed('not an object')
  if (json.format !== format) {
    return { author: null, before: null, diff: null, document: json, hash: hashOf(json, sha256) }
  }
  const { author = null, before = null, diff = null, document = null, hash = null } = json
  const isWhole = Object.keys(json).join() === 'author,before,diff,document,format,hash'
  if (!isWhole || !isAuthor(author)) throw malformed('members or author')
  if (before !== null && typeof before !== 'string') throw malformed('before')
  if (!Array.isArray(diff) || !isObject(document)) throw malformed('diff or document')
  if (hash !== hashOf(document, sha256)) throw malformed('hash')
  return { author, before, diff: diff as readonly Operation[], document, hash }
}

function isAuthor(value: JsonValue): value is JsonValue & PolicyAuthor {
  if (!isObject(value) || Object.keys(value).join() !== 'by,name') return false
  return typeof value.name === 'string' && authorKinds.some((kind) => kind === value.by)
}

function hashOf(document: JsonValue, sha256: Sha256): string {
  return base64url(sha256(jcsBytes(document)))
}

function malformed(what: string): RecordError {
  return new RecordError('RECORD_MALFORMED', `policy: ${what}`)
}
