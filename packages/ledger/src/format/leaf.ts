// Leaves: what the log holds of each record (FORMAT.md 3.2). See leaf.test.ts.
import { base64url, concat, jcsBytes, type JsonValue, utf8 } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { sha256 } from '../crypto.ts'
import { leafBytesMax } from '../limits.ts'
import { digitsOf, putDecimal, putHash } from './ascii.ts'
import { isBytes, isCount, type Members, readMembers } from './members.ts'

export type RecordType = 'record' | 'start' | 'heartbeat' | 'stop'
export type ContentType = 'finding' | 'key' | 'policy' | 'refusals' | 'sink' | 'validation'
/** What came of the signature that a log record brought. */
export type LogSignature = 'none' | 'unverified' | 'signed'

interface LeafBase {
  readonly v: 1
  /** Unix milliseconds by the receiver's clock; never decreases in a log. */
  readonly receivedAt: number
}

/** The leaf of a record: who made it, its place in the stream, and its digest (b64u). */
export interface RecordLeaf extends LeafBase {
  readonly type: RecordType
  readonly id: string
  readonly kid: string
  readonly instance: string
  readonly seq: number
  readonly digest: string
}

/** The leaf of something the receiver says itself; the content is in the commit's frame. */
export interface ContentLeaf extends LeafBase {
  readonly type: ContentType
  readonly id: string
  readonly digest: string
}

/**
 * An audit log record: no producer of ours signed it. It is what the receiver observed; `observed`
 * (b64u) is the hash of who brought it, and `signature` what another signer's signature said.
 */
export interface LogLeaf extends LeafBase {
  readonly type: 'log'
  readonly id: string
  readonly digest: string
  readonly observed: string
  readonly signature: LogSignature
}

/**
 * A stream fell silent without a stop. What comes of it later is sealed as always; a second leaf
 * can only follow when something did.
 */
export interface UnclosedLeaf extends LeafBase {
  readonly type: 'unclosed'
  readonly kid: string
  readonly instance: string
  /** The highest number in the log, and when the last leaf of the stream was received. */
  readonly lastSeq: number
  readonly lastSeen: number
}

/** The last leaf of each commit: the hash of what is stored of the others. */
export interface FrameLeaf extends LeafBase {
  readonly type: 'frame'
  readonly count: number
  readonly first: number
  readonly hash: string
}

export type Leaf = RecordLeaf | ContentLeaf | LogLeaf | UnclosedLeaf | FrameLeaf

const memberNames = {
  record: 'digest,id,instance,kid,receivedAt,seq,type,v',
  content: 'digest,id,receivedAt,type,v',
  log: 'digest,id,observed,receivedAt,signature,type,v',
  unclosed: 'instance,kid,lastSeen,lastSeq,receivedAt,type,v',
  frame: 'count,first,hash,receivedAt,type,v',
}
const recordTypes: ReadonlySet<string> = new Set(['record', 'start', 'heartbeat', 'stop'])
const contentTypes: ReadonlySet<string> = new Set([
  ...['finding', 'key', 'policy', 'refusals', 'sink', 'validation'],
])
const signatures: ReadonlySet<unknown> = new Set(['none', 'unverified', 'signed'])
const ofStreams = 'audit.stream.'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function isRecordLeaf(leaf: Leaf): leaf is RecordLeaf {
  return recordTypes.has(leaf.type)
}

export function isContentLeaf(leaf: Leaf): leaf is ContentLeaf {
  return contentTypes.has(leaf.type)
}

/** The leaf type of a record, by its `audit.action`. */
export function recordTypeOf(action: string): RecordType {
  if (!action.startsWith(ofStreams)) return 'record'
  const word = action.slice(ofStreams.length)
  return word === 'start' || word === 'heartbeat' || word === 'stop' ? word : 'record'
}

/** Throws LEDGER_FORMAT for what no reader would take again: a log with it would not open. */
export function encodeLeaf(leaf: Leaf): Uint8Array {
  if ('id' in leaf && !isId(leaf.type, leaf.id)) throw malformed('id')
  if (isRecordLeaf(leaf) && !isCount(leaf.seq)) throw malformed('seq')
  return jcsBytes(leaf as unknown as JsonValue)
}

/** What the leaves of a batch's records have in common. */
export type RecordLeaves = Pick<RecordLeaf, 'instance' | 'kid' | 'receivedAt'>

/** What of a record's leaf is its own. */
export interface RecordInLeaf extends Pick<RecordLeaf, 'id' | 'seq' | 'type'> {
  /** 32 bytes. */
  readonly digest: Uint8Array
  /** Where id, which is a UUID, and digest stand, if they do: then nobody asks for them. */
  readonly laid?: LaidInLeaf | undefined
}

export interface LaidInLeaf {
  readonly bytes: Buffer
  readonly idAt: number
  /** The digests of its batch, and where its own begins. */
  readonly digests: Uint8Array
  readonly digestAt: number
}

/** Writes leaves of one stream, in ASCII: the same as `encodeLeaf` gives. */
export interface RecordLeafWriter {
  /** Throws LEDGER_FORMAT. */
  readonly bytesOf: (record: RecordInLeaf) => number
  /** Writes so many bytes; gives where they end. */
  readonly write: (record: RecordInLeaf, into: Buffer, from: number) => number
}

const digestPlace = '{"digest":"'.length
const digestLength = 43
const idPlace = digestPlace + digestLength + '","id":"'.length
const idLength = 36
const tail = (type: RecordType): Uint8Array => utf8(`,"type":"${type}","v":1}`)
const recordTails: Readonly<Record<RecordType, Uint8Array>> = {
  record: tail('record'),
  start: tail('start'),
  heartbeat: tail('heartbeat'),
  stop: tail('stop'),
}

/** For many records of one stream. Throws LEDGER_FORMAT. */
export function recordLeafWriter({ instance, kid, receivedAt }: RecordLeaves): RecordLeafWriter {
  if (!isStream(kid, instance)) throw malformed('stream')
  const [digest, id] = ['-'.repeat(digestLength), '-'.repeat(idLength)]
  const common = `"instance":"${instance}","kid":"${kid}","receivedAt":${receivedAt},"seq":`
  const form = utf8(`{"digest":"${digest}","id":"${id}",${common}`)
  return {
    bytesOf: (record) => {
      const { laid, seq, type } = record
      if (laid === undefined && !isId(type, record.id)) throw malformed('id')
      if (!isCount(seq)) throw malformed('seq')
      return form.length + digitsOf(seq) + recordTails[type].length
    },
    write: (record, into, from) => {
      const { laid, seq, type } = record
      into.set(form, from)
      if (laid === undefined) {
        putHash(into, from + digestPlace, record.digest, 0)
        into.write(record.id, from + idPlace, 'latin1')
      } else {
        putHash(into, from + digestPlace, laid.digests, laid.digestAt)
        laid.bytes.copy(into, from + idPlace, laid.idAt, laid.idAt + idLength)
      }
      const at = putDecimal(into, from + form.length, seq)
      into.set(recordTails[type], at)
      return at + recordTails[type].length
    },
  }
}

/** Reads an entry strictly: canonical, with exactly its type's members. Throws LEDGER_FORMAT. */
export function decodeLeaf(entry: Uint8Array): Leaf {
  return recordLeafIn(entry) ?? decodeAnyLeaf(entry)
}

/** The leaf of an entry, or null when it is malformed. */
export function leafOf(entry: Uint8Array): Leaf | null {
  try {
    return decodeLeaf(entry)
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

const b64u16 = '([\\w-]{21}[AQgw])'
const b64u32 = '([\\w-]{42}[AEIMQUYcgkosw048])'
const count = '(0|[1-9][0-9]{0,14})'
/** A record's leaf in canonical form; b64u ends in a character whose unused bits are zero. */
const recordLeafForm = new RegExp(
  `^\\{"digest":"${b64u32}","id":"(${uuid.source.slice(1, -1).replace('(', '(?:')})",` +
    `"instance":"${b64u16}","kid":"${b64u32}","receivedAt":${count},"seq":${count},` +
    '"type":"(record|start|heartbeat|stop)","v":1\\}$',
)

/**
 * Nearly all leaves are of records, and an audit reads each: one expression takes them, and null
 * stands for whatever it does not fit. leaf.test.ts holds it against {@link decodeAnyLeaf}.
 */
function recordLeafIn(entry: Uint8Array): RecordLeaf | null {
  if (entry.length > leafBytesMax) return null
  const text = Buffer.from(entry.buffer, entry.byteOffset, entry.length).toString('latin1')
  const found = recordLeafForm.exec(text)
  if (!found) return null
  return {
    digest: found[1]!,
    id: found[2]!,
    instance: found[3]!,
    kid: found[4]!,
    receivedAt: Number(found[5]),
    seq: Number(found[6]),
    type: found[7] as RecordType,
    v: 1,
  }
}

/** The readable reference of {@link decodeLeaf}. */
export function decodeAnyLeaf(entry: Uint8Array): Leaf {
  if (entry.length > leafBytesMax) throw malformed('length')
  const json = readMembers(entry)
  if (json === null) throw malformed('not canonical JSON')
  const shape = typeof json.type === 'string' ? membersOf(json.type) : undefined
  if (shape === undefined) throw malformed('type')
  if (Object.keys(json).join() !== shape) throw malformed('members')
  if (json.v !== 1 || !isCount(json.receivedAt)) throw malformed('v or receivedAt')
  checkMembers(json)
  return json as unknown as Leaf
}

function membersOf(type: string): string | undefined {
  if (recordTypes.has(type)) return memberNames.record
  if (contentTypes.has(type)) return memberNames.content
  const isOther = type === 'log' || type === 'unclosed' || type === 'frame'
  return isOther ? memberNames[type] : undefined
}

function checkMembers(json: Members): void {
  const { count, digest, first, hash, id, instance, kid, seq, type } = json
  if (type === 'unclosed') {
    const { lastSeen, lastSeq } = json
    if (!isStream(kid, instance) || !isCount(lastSeen) || !isCount(lastSeq)) {
      throw malformed('unclosed')
    }
    return
  }
  if (type === 'frame') {
    if (!isCount(count) || !isCount(first) || !isBytes(hash, 32)) throw malformed('frame')
    return
  }
  if (!isBytes(digest, 32)) throw malformed('digest')
  if (!isId(type, id)) throw malformed('id')
  if (contentTypes.has(type as string)) return
  if (type === 'log') {
    const { observed, signature } = json
    if (!isBytes(observed, 32) || !signatures.has(signature)) throw malformed('log')
    return
  }
  if (!isStream(kid, instance) || !isCount(seq)) throw malformed('stream')
}

/** `b64u(SHA-256('grantlog-' ‖ type ‖ '-v1\n' ‖ content))`, the digest of a content leaf. */
export function contentDigest(type: ContentType, content: Uint8Array): string {
  return base64url(sha256(concat(utf8(`grantlog-${type}-v1\n`), content)))
}

/** A key's thumbprint, or a UUID. */
function isId(type: JsonValue | undefined, id: JsonValue | undefined): boolean {
  return type === 'key' ? isBytes(id, 32) : typeof id === 'string' && uuid.test(id)
}

/** What is stored of an `unclosed` leaf: what it says, so that the frame vouches for it. */
export function unclosedContent({ instance, kid, lastSeen, lastSeq }: UnclosedLeaf): Uint8Array {
  return jcsBytes({ instance, kid, lastSeen, lastSeq })
}

function isStream(kid: JsonValue | undefined, instance: JsonValue | undefined): boolean {
  return isBytes(kid, 32) && isBytes(instance, 16)
}

function malformed(what: string): LedgerError {
  return new LedgerError('LEDGER_FORMAT', `malformed log entry: ${what}`)
}
