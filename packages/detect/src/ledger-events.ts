// What the receiver itself says in the log, as events that rules can look at: a stream that fell
// silent, what was refused, what a comparison found missing, a policy that was put in force, a sink
// that takes nothing any more; and what streams say of themselves. README.md lists their fields.
// See ledger-events.test.ts.
import {
  decodeSinkChange,
  decodeValidation,
  type FrameEntry,
  sha256,
  type UnclosedLeaf,
} from '@grantlog/ledger'
import { recordAt, streamRecordAt } from '@grantlog/query'
import {
  type AttributeValue,
  isObject,
  jcs,
  type JsonValue,
  readJcs,
  readPolicyChange,
} from '@grantlog/record'
import { type AuditEvent, eventOf, ledgerPolicyAction } from './event.ts'
import { uuidOf } from './uuid.ts'

/**
 * The event that an entry of the log is: a record, what a stream says of itself, or what the
 * receiver says; null: none. Throws RecordError, LEDGER_FORMAT.
 */
export function eventAt(entry: FrameEntry): AuditEvent | null {
  const record = recordAt(entry) ?? streamRecordAt(entry)
  return record === null ? ledgerEventOf(entry) : eventOf(record)
}

/** The event that a leaf of the receiver's own is; null: none. Throws LEDGER_FORMAT. */
export function ledgerEventOf({ entry, index, leaf, stored }: FrameEntry): AuditEvent | null {
  const { receivedAt } = leaf
  const at = { index, atMs: receivedAt, receivedMs: receivedAt }
  if (leaf.type === 'unclosed') {
    // It has no id of its own.
    return { id: uuidOf(entry), ...at, attributes: new Map(ofSilence(leaf)) }
  }
  if (stored.kind !== 'content' || !('id' in leaf)) return null
  const attributes =
    leaf.type === 'refusals'
      ? ofRefusals(stored.content)
      : leaf.type === 'validation'
        ? ofGap(stored.content)
        : leaf.type === 'policy'
          ? ofPolicy(stored.content)
          : leaf.type === 'sink'
            ? ofSink(stored.content)
            : null
  return attributes && { id: leaf.id, ...at, attributes: new Map(attributes) }
}

type Attributes = (readonly [string, AttributeValue])[]

function ofSilence({ instance, kid, lastSeq }: UnclosedLeaf): Attributes {
  return [
    ['audit.action', 'ledger.unclosed'],
    ['ledger.stream', `${kid}/${instance}`],
    ['ledger.stream.kid', kid],
    ['ledger.stream.last_seq', BigInt(lastSeq)],
  ]
}

/** FORMAT.md 3.2: how many, in all and by reason. */
function ofRefusals(content: Uint8Array): Attributes | null {
  const json = contentOf(content)
  const { reasons, sender } = json ?? {}
  if (reasons === undefined || !isObject(reasons) || typeof sender !== 'string') return null
  const counted = Object.entries(reasons).filter((one): one is [string, number] => {
    return typeof one[1] === 'number'
  })
  const count = counted.reduce((sum, [, times]) => sum + times, 0)
  return [
    ['audit.action', 'ledger.refusals'],
    ['ledger.refusals.sender', sender],
    ['ledger.refusals.count', BigInt(count)],
    ['ledger.refusals.reasons', counted.map(([reason]) => reason).join(' ')],
  ]
}

/** Only of a comparison that found a difference. */
function ofGap(content: Uint8Array): Attributes | null {
  const { lines, service, streams, verdict } = decodeValidation(content)
  if (verdict !== 'differs') return null
  return [
    ['audit.action', 'ledger.gap'],
    ['audit.producer.service', service],
    ['ledger.gap.no_record', BigInt(lines?.noRecord ?? 0)],
    ['ledger.gap.without_line', BigInt(lines?.withoutLine ?? 0)],
    ['ledger.gap.streams', BigInt(streams.differing)],
  ]
}

/** Who changed it is a person's claim, which an older log has not. */
function ofPolicy(content: Uint8Array): Attributes {
  const { author, before, diff, document, hash } = readPolicyChange(content, sha256)
  return [
    ['audit.action', ledgerPolicyAction],
    ['audit.policy.hash', hash],
    ['ledger.policy.document', jcs(document)],
    ...(author === null ? [] : [['ledger.policy.author', author.name] as const]),
    ...(before === null ? [] : [['ledger.policy.before', before] as const]),
    ...(diff === null ? [] : [['ledger.policy.operations', BigInt(diff.length)] as const]),
  ]
}

function ofSink(content: Uint8Array): Attributes {
  const { commits, name, state } = decodeSinkChange(content)
  return [
    ['audit.action', 'ledger.sink'],
    ['ledger.sink.name', name],
    ['ledger.sink.state', state],
    ['ledger.sink.commits', BigInt(commits)],
  ]
}

function contentOf(content: Uint8Array): { readonly [name: string]: JsonValue } | null {
  const json = readJcs(content, 'RECORD_MALFORMED', 'content')
  return isObject(json) ? json : null
}
