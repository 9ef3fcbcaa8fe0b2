// The scanner's byte loops, ready to run: the module that wasm/ is compiled into, and what it is
// told of attributes, slots and constant texts. One per process: it keeps one span at a time.
import { attributeBytesMax, commitmentAttribute, nameBytesMax, slotNames } from '@grantlog/record'
import { shownSlot } from '../../flow.ts'
import { around, claimNames, known } from './known.ts'
import { scanModule } from './module.generated.ts'

/** Characters of a commitment in base64url. */
const commitmentLength = 43

const attributeWords = 12
const types = ['string', 'int', 'boolean']
/** As many of each as the module has room for; see wasm/memory.ts. */
const most = { attributes: 512, slots: 8, claims: 16, textBytes: 65_536 }

/** As much of it as is used here: the standard library of the compiler leaves it to browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> }
}

/** Words of `found`, in the order of wasm/scan.ts. Places are of OUTPUT. */
export const word = {
  /** A bit for each slot that the record has. */
  slots: 0,
  /** A bit for each claim that is not what it was in the span before. */
  changedClaims: 1,
  canonical: 2,
  shown: 3,
  outlines: 4,
  values: 5,
  end: 6,
  /** Of the id in the canonical form. */
  id: 7,
} as const
const words = 8

/** Functions that the module exports; see wasm/scan.ts. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly enter: (count: number) => void
  /** 0 for what is unusual. */
  readonly scan: (length: number, registry: number) => number
  readonly sequence: () => number
}

export type Machine = Omit<Exports, 'enter' | 'memory'> & {
  /** All memory; to ask `bytes` for it takes a call. */
  readonly buffer: ArrayBuffer
  readonly bytes: Buffer
  readonly inputBytesMax: number
  /** What is said of the span that was scanned last: see `word`. */
  readonly found: Int32Array
  readonly at: Readonly<Record<'claims' | 'input' | 'openings' | 'output', number>>
}

/** Texts around what is written, in the order of wasm/scan.ts; undefined for a place left free. */
const constants: readonly (Uint8Array | undefined)[] = [
  ...[
    'grantlog-span-v1\n',
    'grantlog-slot-v1\n',
    '{"attributes":{',
    '},"endTimeUnixNano":"',
    '","kind":',
    ',"name":"',
    '","parentSpanId":"',
    '","slots":{',
    '},"spanId":"',
    '","startTimeUnixNano":"',
    '","status":{"code":',
    ',"message":"',
    '"},"traceId":"',
    '"}',
    '{"fields":{',
    '},"salt":"',
    around.string[1],
    around.int[1],
    around.boolean[1],
    'false',
    'true',
  ].map(latin1),
  ...Array.from({ length: most.slots }, (_, slot) =>
    slotNames[slot] === undefined ? undefined : latin1(`"${slotNames[slot]}":"`),
  ),
  ...slotNames.map((slot) => commitmentHead(commitmentAttribute(slot))),
]

/** Compiles the module, and tells it what it has to know. */
export function startMachine(): Machine {
  const instance = new WebAssembly.Instance(
    new WebAssembly.Module(Buffer.from(scanModule, 'base64')),
  )
  const { enter, memory, ...run } = instance.exports as unknown as Exports
  const address = (name: string): number =>
    (instance.exports[name] as { readonly value: number }).value
  const bytes = Buffer.from(memory.buffer)
  let text = address('TEXTS')
  const textsEnd = text + most.textBytes
  const put = (value: Uint8Array): [number, number] => {
    if (text + value.length > textsEnd) throw new RangeError('too many texts for the scanner')
    bytes.set(value, text)
    const place: [number, number] = [text, value.length]
    text += value.length
    return place
  }
  const putWords = (at: number, values: readonly number[]): void =>
    values.forEach((value, i) => bytes.writeInt32LE(value, at + 4 * i))
  const isAgreed =
    address('attributeBytesMax') === attributeBytesMax && address('nameBytesMax') === nameBytesMax
  if (!isAgreed || known.length > most.attributes || claimNames.length > most.claims) {
    throw new RangeError('wasm/memory.ts does not fit the registry')
  }
  for (const [rank, one] of known.entries()) {
    const values = [...put(latin1(one.name)), ...put(latin1(one.head))]
    values.push(types.indexOf(one.type), one.since, one.slot, Number(one.isSalt), one.claim)
    values.push(Number(one.isHidden), rank)
    putWords(address('ATTRIBUTES') + 4 * attributeWords * rank, values)
  }
  for (const [which, value] of constants.entries()) {
    if (value) putWords(address('CONSTANTS') + 8 * which, put(value))
  }
  const sorted = slotNames.map((_, slot) => slot)
  sorted.sort((a, b) => (slotNames[a]! < slotNames[b]! ? -1 : 1))
  bytes.set(sorted, address('SLOT_ORDER'))
  // Places behind the last slot: none that a record has.
  bytes.fill(most.slots - 1, address('SLOT_ORDER') + sorted.length, address('SLOT_ORDER') + 8)
  bytes.set(
    slotNames.map((slot) => Number(slot !== shownSlot)),
    address('SLOT_HIDDEN'),
  )
  enter(known.length)
  const at = {
    claims: address('CLAIMS'),
    input: address('INPUT'),
    openings: address('OPENINGS'),
    output: address('OUTPUT'),
  }
  const found = new Int32Array(memory.buffer, address('FOUND'), words)
  const { buffer } = memory
  return { ...run, buffer, bytes, found, inputBytesMax: address('inputBytesMax'), at }
}

/** A KeyValue of field 9 up to the characters of its text, which is a commitment. */
function commitmentHead(name: string): Uint8Array {
  const value = [0x12, commitmentLength + 2, 0x0a, commitmentLength]
  const length = 2 + name.length + value.length + commitmentLength
  return Uint8Array.of(0x4a, length, 0x0a, name.length, ...latin1(name), ...value)
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
