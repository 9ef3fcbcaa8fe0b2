// The byte loops over commits, ready to run: the module that wasm/ is compiled into, and what it is
// told of attributes, slots and constant texts. One for each who reads (audit/quick.ts, rows.ts):
// it keeps one commit at a time, and people's keys. See machine.test.ts.
import {
  ATTR,
  attributeBytesMax,
  type AttributeDefinition,
  attributeDefinitions,
  nameBytesMax,
  slotNames,
} from '@grantlog/record'
import type { RecordType } from './format/leaf.ts'
import type { Keystore } from './io/keystore.ts'
import { quickBytesMax, subjectKeysCachedMax } from './limits.ts'
import { addressIn, startModule } from './module.ts'

/** As many of each as the module has room for; see wasm/memory.ts. */
const most = { attributes: 512, textBytes: 65_536 }
const attributeBytes = 32
const types = ['string', 'int', 'boolean']
const pageBytes = 65_536
/** What stands before and behind a commit, so that no step of sixteen bytes leaves the memory. */
const marginBytes = 4096
/** Between what is laid into the memory, for the same reason. */
const gapBytes = 64
/** Bytes of what is hashed, up to which views are kept. */
const preimageBytesKept = 4096

/** What `read` and `readRows` say; the same in wasm/walk.ts. */
export const said = {
  unusual: 0,
  read: 1,
  newRun: 2,
  newScope: 3,
  newKey: 4,
  full: 5,
  atEnd: 6,
} as const

/** Functions that the module exports; see wasm/commit.ts, and wasm/rows.ts for the last. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number }
  readonly enter: (count: number) => void
  readonly forget: () => void
  readonly begin: (from: number, until: number, leaves: number) => void
  readonly place: () => number
  readonly leaf: () => number
  readonly isAtEnd: () => number
  readonly beginRun: (batch: number, seqAt: number) => void
  readonly useBatch: (firstSeq: number, digests: number, count: number) => void
  readonly read: () => number
  readonly opens: () => number
  readonly addScope: () => void
  readonly check: () => number
  readonly keyId: () => number
  readonly addKey: () => void
  readonly addErased: () => void
  readonly forgetKeys: () => void
  readonly beginReading: (from: number, until: number, leaves: number) => void
  readonly nextRun: (seqAt: number) => void
  readonly readRows: () => number
  readonly rows: () => number
  readonly passEntry: () => number
  readonly forgetValues: () => void
  readonly fingerprint: (number: number) => number
}

/** What of a record its leaf and its key's scope are about, in the order of wasm/memory.ts. */
const asked: readonly string[] = [
  ATTR.AUDIT_RECORD_ID,
  ATTR.AUDIT_SEQUENCE_NUMBER,
  ATTR.AUDIT_ACTION,
  ATTR.AUDIT_PRODUCER_SERVICE,
  ATTR.OAUTH_ROLE,
  ATTR.OAUTH_ISSUER,
  ATTR.AUDIT_OUTCOME,
  ATTR.AUDIT_OBSERVED_BY,
]
export const askedPlace = { action: 2, service: 3, role: 4, issuer: 5, observedBy: 7 } as const

/** By rank: JCS sorts them so. */
export const attributesInOrder: readonly AttributeDefinition[] = [
  ...attributeDefinitions.values(),
].toSorted((a, b) => (a.name < b.name ? -1 : 1))
const slotsInOrder = slotNames.toSorted()
const recordTypes: readonly RecordType[] = ['record', 'start', 'heartbeat', 'stop']
/** In the order of wasm/scan.ts and wasm/commit.ts. */
const constants: readonly (readonly [place: number, text: string])[] = [
  ...[
    'grantlog-span-v1\n',
    'grantlog-slot-v1\n',
    '{"attributes":{"',
    ',"endTimeUnixNano":"',
    ',"kind":',
    ',"name":"',
    ',"parentSpanId":"',
    ',"slots":{',
    ',"spanId":"',
    ',"startTimeUnixNano":"',
    ',"status":{"code":',
    ',"message":"',
    '},"traceId":"',
    '{"fields":{"',
    ',"salt":"',
    'true',
    'false',
    'xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx',
    ...recordTypes.map((type) => `,"type":"${type}","v":1}`),
    ...recordTypes.slice(1).map((type) => `audit.stream.${type}`),
  ].map((text, place): [number, string] => [place, text]),
  ...slotsInOrder.map((slot, i): [number, string] => [32 + i, `${slot}":"`]),
]

/** Bytes before a record leaf's number, but for those of the time; see `recordLeafWriter`. */
const beforeSeq =
  '{"digest":"","id":"","instance":"","kid":"","receivedAt":,"seq":'.length + 43 + 36 + 22 + 43

/** Where in a record's leaf its number is. */
export function seqPlaceOf(receivedAt: number): number {
  return beforeSeq + String(receivedAt).length
}

/** Where a commit lies in the memory. */
export interface Laid {
  readonly plaintextAt: number
  readonly plaintextEnd: number
  readonly leavesAt: number
}

/** Whose keys open records. */
export type PersonKeys = Pick<Keystore, 'forgotten' | 'subjectKeyById'>

export type Machine = Omit<
  Exports,
  'addKey' | 'enter' | 'forget' | 'forgetKeys' | 'keyId' | 'memory'
> & {
  /** All memory. Valid until `reserve`. */
  readonly bytes: Buffer
  readonly at: Readonly<
    Record<'columns' | 'hashes' | 'heads' | 'places' | 'present' | 'values', number>
  >
  /** What is to be hashed of the record that was read: itself, or an opening, from 1 on. */
  readonly preimage: (which: number) => Uint8Array
  /** The number and the type of each entry that was checked. */
  readonly seqOf: (entry: number) => number
  readonly typeOf: (entry: number) => RecordType
  /** Entries of a commit; one with more is for the readable check. */
  readonly entriesMax: number
  /** Where a commit of so many bytes may lie. */
  readonly reserve: (bytes: number) => number
  /** Puts a commit into the memory, and keeps no key that was destroyed; null: it is too large. */
  readonly lay: (plaintext: Uint8Array, leaves: Uint8Array, keys: PersonKeys) => Laid | null
  /** The key that was asked for, which is kept; false: it is gone. */
  readonly learnKey: () => boolean
}

/** Starts a module, and tells it what it has to know. */
export function startMachine(): Machine {
  const exports = startModule()
  const { enter, forget, memory, ...run } = exports as unknown as Exports
  const address = addressIn(exports)
  const agreed = { attributeBytesMax, nameBytesMax, keysMax: subjectKeysCachedMax }
  for (const [name, value] of Object.entries({ ...agreed, slotsMax: slotNames.length })) {
    if (address(name) !== value) throw new RangeError(`wasm/memory.ts does not fit: ${name}`)
  }
  const firstBytes = Buffer.from(memory.buffer)
  const heap = firstBytes.length
  tell(firstBytes, address)
  enter(attributeDefinitions.size)
  forget()
  const at = {
    ...{ hashes: address('HASHES'), places: address('PLACES') },
    ...{ columns: address('COLUMNS'), present: address('PRESENT') },
    ...{ heads: address('HEADS'), values: address('VALUES') },
  }
  const [seqs, types] = [address('SEQS'), address('TYPES')]
  const [record, openings, step] = [address('RECORD'), address('OPENINGS'), address('openingStep')]
  const lengths = address('LENGTHS')
  let view = new DataView(memory.buffer)
  let preimages: (Uint8Array | undefined)[][] = []
  const keys = keptKeys(exports as unknown as Exports, address('KEY'), () => machine.bytes)
  const machine = {
    ...run,
    bytes: firstBytes,
    at,
    entriesMax: address('entriesMax'),
    seqOf: (entry: number): number => view.getFloat64(seqs + 8 * entry, true),
    typeOf: (entry: number): RecordType => recordTypes[view.getUint8(types + entry)]!,
    preimage: (which: number): Uint8Array => {
      const length = view.getInt32(lengths + 4 * which, true)
      const from = which === 0 ? record : openings + step * (which - 1)
      if (length >= preimageBytesKept) return new Uint8Array(memory.buffer, from, length)
      // Their places stay, and of lengths there are few: a view for each record costs more.
      const known = (preimages[which] ??= Array.from({ length: preimageBytesKept }))
      return (known[length] ??= new Uint8Array(memory.buffer, from, length))
    },
    reserve: (wanted: number): number => {
      const missing = heap + wanted + 2 * marginBytes - machine.bytes.length
      if (missing > 0) {
        memory.grow(Math.ceil(missing / pageBytes))
        machine.bytes = Buffer.from(memory.buffer)
        view = new DataView(memory.buffer)
        preimages = []
      }
      return heap + marginBytes
    },
    lay: (plaintext: Uint8Array, leaves: Uint8Array, of: PersonKeys): Laid | null => {
      const bytes = plaintext.length + leaves.length + gapBytes
      if (bytes > quickBytesMax) return null
      keys.use(of)
      const plaintextAt = machine.reserve(bytes)
      const plaintextEnd = plaintextAt + plaintext.length
      const leavesAt = plaintextEnd + gapBytes
      machine.bytes.set(plaintext, plaintextAt)
      machine.bytes.set(leaves, leavesAt)
      return { plaintextAt, plaintextEnd, leavesAt }
    },
    learnKey: keys.learn,
  }
  return machine
}

/** The keys that the module has, and whose they are. `at`: where it is given one. */
function keptKeys(
  { addKey, forgetKeys, keyId }: Exports,
  at: number,
  bytes: () => Buffer,
): { readonly use: (of: PersonKeys) => void; readonly learn: () => boolean } {
  let known: PersonKeys | null = null
  let forgotten = -1
  return {
    use: (of) => {
      if (known !== of || forgotten !== of.forgotten) forgetKeys()
      known = of
      forgotten = of.forgotten
    },
    learn: () => {
      const id = keyId()
      const key = known?.subjectKeyById(bytes().subarray(id, id + 16))
      if (key === undefined) return false
      const exported = key.export()
      bytes().set(exported, at)
      exported.fill(0)
      addKey()
      bytes().fill(0, at, at + 32)
      return true
    },
  }
}

/** Writes attributes, in the order of their names, and constant texts. */
function tell(bytes: Buffer, address: (name: string) => number): void {
  let text = address('TEXTS')
  const textsEnd = text + most.textBytes
  const put = (value: string): [number, number] => {
    if (text + value.length > textsEnd) throw new RangeError('too many texts for wasm/memory.ts')
    const place: [number, number] = [text, value.length]
    text += bytes.write(value, text, 'latin1')
    return place
  }
  const words = (at: number, values: readonly number[]): void =>
    values.forEach((value, i) => bytes.writeInt32LE(value, at + 4 * i))
  if (attributesInOrder.length > most.attributes) throw new RangeError('too many attributes')
  for (const [rank, { name, slot, type }] of attributesInOrder.entries()) {
    const tag = { string: 'stringValue":"', int: 'intValue":"', boolean: 'boolValue":' }[type]
    const values = [...put(name), ...put(`${name}":{"${tag}`), types.indexOf(type)]
    values.push(slot === null ? -1 : slotsInOrder.indexOf(slot), asked.indexOf(name))
    words(address('ATTRIBUTES') + attributeBytes * rank, values)
  }
  for (const [place, value] of constants) words(address('CONSTANTS') + 8 * place, put(value))
}
