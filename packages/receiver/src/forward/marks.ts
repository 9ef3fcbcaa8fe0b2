// Our marks on a record's span, as a sink of OTLP gets them. project.ts makes the same for others;
// test/flow/marks.test.ts compares them.
import { digitsOf, putDecimal, putHash, type ShownRecord } from '@grantlog/ledger'
import type { Projection } from './project.ts'

/** What the marks of a record say. */
type Marked = Pick<ShownRecord, 'hash' | 'index' | 'kid'>

/** Characters of a leaf hash in base64url. */
const leafLength = 43
const digitsMax = 16

/** Writes marks; those that are the same for all records of a key are encoded once. */
export class Marks {
  readonly #projection: Pick<Projection, 'origin' | 'verdictOf'>
  #verdict = ''
  #common: Uint8Array = new Uint8Array()

  constructor(projection: Pick<Projection, 'origin' | 'verdictOf'>) {
    this.#projection = projection
  }

  /** Bytes of the marks of one record. */
  bytesOf({ index, kid }: Marked): number {
    const digits = digitsOf(index)
    const fixed = leafHead.length + leafLength
    return this.#commonOf(kid).length + indexHeads[digits]!.length + digits + fixed
  }

  /** Gives where they end. */
  write(into: Buffer, from: number, { hash, index, kid }: Marked): number {
    const common = this.#commonOf(kid)
    const indexHead = indexHeads[digitsOf(index)]!
    let at = from
    into.set(common, at)
    at += common.length
    into.set(indexHead, at)
    at += indexHead.length
    at = putDecimal(into, at, index)
    into.set(leafHead, at)
    at += leafHead.length
    return putHash(into, at, hash, 0)
  }

  #commonOf(kid: string): Uint8Array {
    const { origin, verdictOf } = this.#projection
    const verdict = verdictOf(kid)
    if (this.#verdict !== verdict) {
      const marks = [attribute('grantlog.verdict', verdict), attribute('grantlog.origin', origin)]
      this.#common = Buffer.concat(marks)
      this.#verdict = verdict
    }
    return this.#common
  }
}

/** By the number of digits. */
const indexHeads: readonly Uint8Array[] = Array.from({ length: digitsMax + 1 }, (_, digits) =>
  head('grantlog.index', digits),
)
const leafHead = head('grantlog.leaf', leafLength)

function attribute(name: string, value: string): Uint8Array {
  return Buffer.concat([head(name, Buffer.byteLength(value)), Buffer.from(value)])
}

/** An attribute of a span (field 9) with a text of so many bytes, up to the text. */
function head(name: string, length: number): Uint8Array {
  const value = [0x0a, ...varint(length)]
  const any = [0x12, ...varint(value.length + length), ...value]
  const pair = [0x0a, ...varint(name.length), ...Buffer.from(name, 'latin1'), ...any]
  return Uint8Array.from([0x4a, ...varint(pair.length + length), ...pair])
}

/** Writes a length as protobuf does; gives where it ends. */
export function putVarint(into: Uint8Array, from: number, value: number): number {
  let at = from
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) into[at++] = (rest & 0x7f) | 0x80
  into[at++] = rest
  return at
}

/** The same by itself. */
function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}
