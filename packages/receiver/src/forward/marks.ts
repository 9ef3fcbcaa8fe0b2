// Our marks on a record's span, as a sink of OTLP gets them. project.ts makes the same for others;
// test/flow/marks.test.ts compares them.
import { digitsOf, putDecimal, putHash, type ShownRecord } from '@grantlog/ledger'
import type { Projection } from './project.ts'

/** What the marks of a record say. */
type Marked = Pick<ShownRecord, 'hash' | 'index' | 'kid'>

/** Characters of a leaf hash in base64url. */
const leafLength = 43

/** Marks with room for an index of so many digits, and where in them it stands. */
interface Form {
  readonly bytes: Uint8Array
  readonly indexAt: number
}

/** Writes marks; what is the same in all records of a key is encoded once. */
export class Marks {
  readonly #projection: Pick<Projection, 'origin' | 'verdictOf'>
  /** The key that was asked for last, and its verdict. */
  #kid: string | undefined
  #verdict = ''
  /** By the number of digits. */
  #forms: (Form | undefined)[] = []

  constructor(projection: Pick<Projection, 'origin' | 'verdictOf'>) {
    this.#projection = projection
  }

  /** What is said of keys may have changed since the last request. */
  begin(): void {
    this.#kid = undefined
  }

  /** Bytes of the marks of one record. */
  bytesOf(marked: Marked): number {
    return this.#formOf(marked).bytes.length
  }

  /** Gives where they end. */
  write(into: Buffer, from: number, marked: Marked): number {
    const { bytes, indexAt } = this.#formOf(marked)
    into.set(bytes, from)
    putDecimal(into, from + indexAt, marked.index)
    return putHash(into, from + bytes.length - leafLength, marked.hash, 0)
  }

  #formOf({ index, kid }: Marked): Form {
    if (this.#kid !== kid) this.#take(kid)
    const digits = digitsOf(index)
    return (this.#forms[digits] ??= formOf(this.#verdict, this.#projection.origin, digits))
  }

  #take(kid: string): void {
    const verdict = this.#projection.verdictOf(kid)
    if (this.#verdict !== verdict) this.#forms = []
    this.#verdict = verdict
    this.#kid = kid
  }
}

function formOf(verdict: string, origin: string, digits: number): Form {
  const marks = [attribute('grantlog.verdict', verdict), attribute('grantlog.origin', origin)]
  const before = Buffer.concat([...marks, head('grantlog.index', digits)])
  const leaf = [head('grantlog.leaf', leafLength), Buffer.alloc(leafLength)]
  const bytes = Buffer.concat([before, Buffer.alloc(digits), ...leaf])
  return { bytes, indexAt: before.length }
}

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
