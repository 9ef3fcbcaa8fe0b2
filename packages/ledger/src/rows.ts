// The records of commits as rows of values, for who reads all of a ledger while it grows. Reading
// each strictly would ask again what was asked before it was sealed, and what `audit` asks of every
// record: whether these are the bytes that were signed. Of sound bytes a row has what the strict
// reader gives; what is unusual gives no row, and is left to that reader. See rows.test.ts.
//
// The loops over bytes are WebAssembly (wasm/rows.ts): it divides, deciphers and scans 128 records
// at a time, and gives numbers of values. Records of a service say the same again and again: of
// each value there is one text.
import type { AttributeValue } from '@grantlog/record'
import { LedgerError } from './codes.ts'
import { entriesOf } from './format/frame.ts'
import { isRecordLeaf, leafOf, type RecordLeaves } from './format/leaf.ts'
import { decodeHead } from './format/plaintext.ts'
import type { PlainFrame } from './prove/frames.ts'
import { attributesInOrder, type Machine, said, seqPlaceOf, startMachine } from './machine.ts'

/** The same in wasm/rows.ts and wasm/values.ts: numbers of 16 bits, doubles, words of 32 bits. */
const rowsMax = 128
const columnsMax = 512
const headLength = 4
/** Numbers of values are below it. */
export const valueNumbersMax = 16_384
const placeLength = 2
const integer = 1 << 16
/** Numbers of values that every attribute may have: none, and the booleans. */
const firstValues: readonly (AttributeValue | undefined)[] = [undefined, true, false]

const columns: ReadonlyMap<string, number> = new Map(
  attributesInOrder.map(({ name }, rank) => [name, rank]),
)

/** The column of the trace id, which is no attribute; the same in wasm/rows.ts. */
export const traceColumn = 511

/** The column of an attribute; undefined: the registry has none of that name. */
export function columnOf(name: string): number | undefined {
  return columns.get(name)
}

/** A commit, and whose keys open it. */
export type RowsOf = Pick<PlainFrame, 'first' | 'keystore' | 'leaves' | 'plaintext'>

let shared: CommitRows | undefined

/**
 * The ones of this thread, for all ledgers that it reads: memory for the largest commit, and the
 * keys of one ledger at a time. Whoever begins a commit goes on to its end without a pause.
 */
export function commitRows(): CommitRows {
  return (shared ??= new CommitRows())
}

/** Goes over one commit after the other, from leaf to leaf. It keeps people's keys. */
export class CommitRows {
  /** Place in the log of the leaf that it stands at. */
  index = -1
  /** The bytes of a leaf that has to be read strictly; null: there is a row. */
  entry: Uint8Array | null = null
  /** Of a row: its stream, the same object for records one behind the other; and its number. */
  stream: RecordLeaves = { instance: '', kid: '', receivedAt: 0 }
  seq = 0
  /** Of a row: it is none of those that a stream tells of itself. */
  isRecord = false
  /** Of a row: when it ended, Unix ms; a whole number. */
  endMs = 0
  /** Changes with each leaf: a row is gone when the next one is looked at. */
  serial = 0

  /** Changes when values are numbered anew. */
  generation = 0

  readonly #machine: Machine
  #commit: RowsOf | null = null
  /** Of a commit that is too large for the machine: all leaves but the frame's. */
  #entries: readonly Uint8Array[] | null = null
  /** How many entries it has, and where its leaves are in the memory, and end. */
  #count = 0
  #leavesAt = 0
  /** Rows that were made, and which one it stands at; then why there are no more. */
  #made = 0
  #row = 0
  #said: number = said.read
  /** Values by number, those that somebody has asked for. */
  readonly #values: (AttributeValue | undefined)[] = Array.from({ length: valueNumbersMax })
  #buffer: ArrayBufferLike | null = null
  #columns: readonly Uint16Array[] = []
  #present: Uint8Array = new Uint8Array()
  #heads: Float64Array = new Float64Array()
  #places: Uint32Array = new Uint32Array()

  constructor(machine: Machine = startMachine()) {
    this.#machine = machine
    this.#forgetValues()
  }

  /** Goes before the first leaf of a commit. Throws LEDGER_FORMAT. */
  begin(commit: RowsOf): void {
    const { first, keystore, leaves, plaintext } = commit
    this.#commit = commit
    this.index = first - 1
    this.#made = 0
    this.#row = 0
    this.#said = said.read
    const { count, entriesAt } = decodeHead(plaintext)
    this.#count = count
    const laid = this.#machine.lay(plaintext, leaves, keystore)
    this.#entries = laid === null ? entriesOf(leaves).slice(0, -1) : null
    if (laid === null) return
    this.#leavesAt = laid.leavesAt
    this.#machine.beginReading(laid.plaintextAt + entriesAt, laid.plaintextEnd, laid.leavesAt)
    this.#look()
  }

  /** Goes to the next leaf; false behind the last, not counting that of the frame. As `begin`. */
  next(): boolean {
    this.serial++
    if (this.#entries !== null) return this.#nextOf(this.#entries)
    while (this.#row === this.#made) {
      const state = this.#said
      if (state === said.atEnd) return this.#end()
      if (state === said.unusual) return this.#pass()
      if (state === said.newRun && !this.#beginRun()) return this.#pass()
      if (state === said.newKey && !this.#machine.learnKey()) this.#machine.addErased()
      if (state === said.full) this.#forgetValues()
      this.#said = this.#machine.readRows()
      this.#made = this.#machine.rows()
      this.#row = 0
    }
    this.entry = null
    this.#stand(this.#row + 1)
    this.index++
    return true
  }

  /** Of a row: the value of an attribute, also of a slot that can be opened. */
  get(name: string): AttributeValue | undefined {
    const column = columns.get(name)
    return column === undefined ? undefined : this.valueOf(this.numberAt(column))
  }

  /** The number of the value in a column; 0: it has none. `row`: another one made together. */
  numberAt(column: number, row: number = this.#row - 1): number {
    return this.#columns[column]![row]!
  }

  /** Which of the rows that were made at once it stands at: its place in `numbersOf`. */
  get row(): number {
    return this.#row - 1
  }

  /** How many records come one behind the other in these rows, the one it stands at among them. */
  get together(): number {
    let end = this.#row
    while (end < this.#made && this.#heads[headLength * end + 3] === 0) end++
    return end - this.#row + 1
  }

  /** Goes on to one of these. */
  skip(count: number): void {
    this.#stand(this.#row + count)
    this.index += count
    this.serial += count
  }

  /** The numbers in a column by row; null: none of these rows has a value there. */
  numbersOf(column: number): Uint16Array | null {
    return this.#present[column] === 0 ? null : this.#columns[column]!
  }

  /** How long the record of one of these rows took, µs. */
  tookAt(row: number): number {
    return this.#heads[headLength * row + 1]!
  }

  /** 32 bits by which searches find a text of ASCII; 0: it is another one. */
  fingerprintOf(number: number): number {
    return number < firstValues.length ? 0 : this.#machine.fingerprint(number) >>> 0
  }

  /** The value of a number of this generation. */
  valueOf(number: number): AttributeValue | undefined {
    const known = this.#values[number]
    if (known !== undefined || number === 0) return known
    return (this.#values[number] = this.#read(number))
  }

  /** Behind the first so many rows. */
  #stand(row: number): void {
    const head = headLength * (row - 1)
    this.endMs = this.#heads[head]!
    this.seq = this.#heads[head + 2]!
    this.isRecord = this.#heads[head + 3] === 0
    this.#row = row
  }

  #read(number: number): AttributeValue {
    const from = this.#places[placeLength * number]!
    const kind = this.#places[placeLength * number + 1]!
    const text = this.#machine.bytes.toString('utf8', from, from + (kind & (integer - 1)))
    return kind < integer ? text : BigInt(text)
  }

  #forgetValues(): void {
    this.#machine.forgetValues()
    this.#values.fill(undefined)
    for (const [number, value] of firstValues.entries()) this.#values[number] = value
    this.generation++
  }

  /** Memory that has grown is other memory. */
  #look(): void {
    const { at, bytes } = this.#machine
    const { buffer } = bytes
    if (buffer === this.#buffer) return
    this.#buffer = buffer
    this.#columns = Array.from(
      { length: columnsMax },
      (_, column) => new Uint16Array(buffer, at.columns + 2 * rowsMax * column, rowsMax),
    )
    this.#present = new Uint8Array(buffer, at.present, columnsMax)
    this.#heads = new Float64Array(buffer, at.heads, rowsMax * headLength)
    this.#places = new Uint32Array(buffer, at.values, valueNumbersMax * placeLength)
  }

  /** The leaf that comes next is of a record: those that are like it are read with it. */
  #beginRun(): boolean {
    const leaf = leafOf(this.#nextEntry())
    if (leaf === null || !isRecordLeaf(leaf)) return false
    const { instance, kid, receivedAt } = leaf
    this.stream = { instance, kid, receivedAt }
    this.#machine.nextRun(seqPlaceOf(receivedAt))
    return true
  }

  /** The entry that comes next gives no row. */
  #pass(): boolean {
    this.entry = this.#nextEntry()
    if (this.#machine.passEntry() === 0) throw endsEarly()
    this.index++
    this.#said = said.read
    this.#made = 0
    this.#row = 0
    return true
  }

  #nextEntry(): Uint8Array {
    const { leaves } = this.#commit!
    const at = this.#machine.leaf() - this.#leavesAt
    if (at + 2 > leaves.length) throw endsEarly()
    const to = at + 2 + leaves.readUInt16BE(at)
    if (to > leaves.length) throw endsEarly()
    return leaves.subarray(at + 2, to)
  }

  /** Behind the last entry there is the frame's own leaf, and nothing else. */
  #end(): false {
    const { first, leaves } = this.#commit!
    const at = this.#machine.leaf() - this.#leavesAt
    const isWhole = at + 2 <= leaves.length && at + 2 + leaves.readUInt16BE(at) === leaves.length
    if (!isWhole || this.index + 1 - first !== this.#count) {
      throw new LedgerError('LEDGER_FORMAT', 'a commit has not one entry for each leaf')
    }
    return false
  }

  #nextOf(entries: readonly Uint8Array[]): boolean {
    const entry = entries[this.index + 1 - this.#commit!.first]
    if (entry === undefined) return false
    this.entry = entry
    this.index++
    return true
  }
}

function endsEarly(): LedgerError {
  return new LedgerError('LEDGER_FORMAT', 'the bytes end too early')
}
