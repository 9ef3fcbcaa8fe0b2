// From an audit log record as it was read to one that may be committed: its signature is looked at,
// secrets are taken out, it gets its id, and what is personal goes into slots. See logs.test.ts.
import { createHmac, randomBytes } from 'node:crypto'
import { type LogToCommit, type Observation, sha256 } from '@grantlog/ledger'
import {
  ATTR,
  divideLog,
  type DividedLog,
  logContent,
  type LogRecord,
  RecordError,
  sealLog,
  textOf,
} from '@grantlog/record'
import type { AuditLog } from '@grantlog/record/otlp'
import type { RefusalCode } from '../codes.ts'
import type { Caller } from '../flow.ts'
import { MAX_CALLER_CHARACTERS } from '../caller-limits.ts'
import { saidOf, withoutSaid } from './edge.ts'
import { redact } from './redact.ts'
import type { SignatureCheck } from './signature.ts'

export interface PreparerOptions {
  /** Of the keystore: ids of records that have none of their own are made with it. */
  readonly idSecret: Uint8Array
  readonly checkSignature: SignatureCheck
}

const saltBytes = 16
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Gives what can be committed, or why it is refused. */
export function createPreparer({
  checkSignature,
  idSecret,
}: PreparerOptions): (log: AuditLog, caller: Caller) => LogToCommit | RefusalCode {
  return (read, caller) => {
    if ('error' in read) return 'MALFORMED'
    const said = saidOf(read.scope)
    const sent = said === null ? read : withoutSaid(read)
    // Over what was sent: a secret that is taken out was signed, too.
    const checked = checkSignature(sent)
    // What an edge took something out of is not what was signed, and no lie.
    const verdict = checked === 'wrong' && said?.redacted.length ? 'unverified' : checked
    if (verdict === 'wrong') return 'ALTERED'
    const { log, redacted } = redact(sent)
    const divided = divideLog(log, [...new Set([...redacted, ...(said?.redacted ?? [])])])
    const id = idOf(log, divided, idSecret)
    try {
      const sealed = sealLog(divided, { id, salt: () => randomBytes(saltBytes), sha256 })
      const edge = said === null ? {} : { edge: said.word }
      const observation = { ...observationOf(caller, verdict), ...edge }
      return { id, divided, sealed, identities: identitiesOf(log), observation }
    } catch (error) {
      if (error instanceof RecordError) return 'MALFORMED'
      throw error
    }
  }
}

type Verdict = Exclude<ReturnType<SignatureCheck>, 'wrong'>

function observationOf({ name, proof }: Caller, verdict: Verdict): Observation {
  const caller = name.slice(0, MAX_CALLER_CHARACTERS)
  if (typeof verdict === 'string') return { caller, proof, signature: verdict, signer: '' }
  return { caller, proof, signature: 'signed', signer: verdict.signer }
}

/**
 * A leaf is public and names nobody, so its id is a UUID: the record's own, or one that only who
 * has the keystore can make of the record's id, or of all it says (RFC 9562, version 8).
 */
function idOf({ attributes }: LogRecord, divided: DividedLog, secret: Uint8Array): string {
  const own = textOf(attributes[ATTR.AUDIT_RECORD_ID])
  if (own !== undefined && uuid.test(own)) return own
  const hmac = createHmac('sha256', secret)
  if (own) hmac.update(`id ${own}`)
  else hmac.update('content ').update(logContent(divided))
  const bytes = hmac.digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/**
 * Whom it is about. Who acted is its user or, for senders of OTEP 0267, its actor. A session is
 * told only of nobody known: what anybody may send must not make one person's session another's.
 */
function identitiesOf({ attributes }: LogRecord): LogToCommit['identities'] {
  const text = (name: string): string | undefined => textOf(attributes[name]) || undefined
  const person = text(ATTR.USER_HASH)
  const user = text(ATTR.USER_ID) ?? text(ATTR.AUDIT_ACTOR_ID)
  return {
    person,
    user,
    session: person || user ? undefined : text(ATTR.SESSION_ID),
    actor: text(ATTR.OAUTH_ACTOR_ID),
    target: text(ATTR.AUDIT_TARGET_ID),
  }
}
