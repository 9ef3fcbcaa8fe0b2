// What producers say of the log in records of their own: the checkpoint that each had verified
// before, under its key (FORMAT.md 2.3). Whoever holds the log's keys can write the log anew, but
// not these words, and has to take them out, which leaves gaps. See words.test.ts.
import { ATTR, base64url } from '@grantlog/record'
import { type SubtreeReader, TlogError, treeRoot } from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { type Enrolment, isCompromised } from '../format/enrolment.ts'
import type { RecordLeaf } from '../format/leaf.ts'
import { contradictionsKeptMax, wordsAtOnceMax } from '../limits.ts'
import type { FindingCode, Findings } from './findings.ts'

/** What producers' words come to. */
export interface WordsReport {
  /** Words that were held against the log, and keys that gave them. */
  readonly told: number
  readonly keys: number
  /** Leaves that the widest of them covers. */
  readonly widest: number
  /** Records that accuse the log of a fork, `audit.ledger.fork`. */
  readonly accusations: number
}

/** What an audit that goes on has to know of those before. */
export interface WordsMemory {
  readonly told: number
  readonly kids: readonly string[]
  readonly widest: number
  readonly accusations: number
}

/** As the checkpoint has it that is audited. */
interface ToldLog {
  readonly origin: string
  readonly size: number
  readonly tree: SubtreeReader
}

interface Word {
  readonly size: number
  /** b64u. */
  readonly root: string
  readonly index: number
  readonly leaf: Pick<RecordLeaf, 'kid' | 'receivedAt'>
}

/** A member of a canonical form; within a text its quotes would be escaped. */
const opening = (name: string): Buffer => Buffer.from(`"${name}":{"stringValue":"`)
const ofWord = opening(ATTR.AUDIT_STREAM_CHECKPOINT)
const ofFork = Buffer.from(`"${ATTR.AUDIT_ACTION}":{"stringValue":"audit.ledger.fork"`)
/** Findings of single parts of the tree. */
const ofParts: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'LEAF_ALTERED',
  'LEAF_MISSING',
  'LOG_TRUNCATED',
  'ORDER_CHANGED',
  'TILE_ALTERED',
])
const form = /^([^ ]{1,1024}) ([1-9]\d{0,15}) ([\w-]{43})$/

/** Collects words, and holds them against the tree, many at a time. One per audit. */
export class Words {
  readonly #log: ToldLog
  #told: number
  readonly #kids: Set<string>
  #widest: number
  #accusations: number
  #waiting: Word[] = []
  readonly #contradicting: Word[] = []

  constructor(
    log: ToldLog,
    before: WordsMemory = { told: 0, kids: [], widest: 0, accusations: 0 },
  ) {
    this.#log = log
    this.#told = before.told
    this.#kids = new Set(before.kids)
    this.#widest = before.widest
    this.#accusations = before.accusations
  }

  /** What a record says that was verified. What no checkpoint covers yet says nothing here. */
  tell(canonical: Uint8Array, index: number, leaf: Word['leaf']): void {
    if (index >= this.#log.size) return
    const bytes = Buffer.from(canonical.buffer, canonical.byteOffset, canonical.length)
    if (bytes.includes(ofFork)) this.#accusations++
    const at = bytes.indexOf(ofWord) + ofWord.length
    if (at < ofWord.length) return
    const [, origin, size, root = ''] =
      form.exec(bytes.toString('latin1', at, bytes.indexOf('"', at))) ?? []
    if (origin !== this.#log.origin) return
    const { kid, receivedAt } = leaf
    this.#told++
    this.#kids.add(kid)
    this.#widest = Math.max(this.#widest, Number(size))
    this.#waiting.push({ size: Number(size), root, index, leaf: { kid, receivedAt } })
  }

  /** Whether `judge` has something to do that should not wait for more. */
  get isDue(): boolean {
    return this.#waiting.length >= wordsAtOnceMax
  }

  /** Something contradicts, as far as it was judged. */
  get isContradicted(): boolean {
    return this.#contradicting.length > 0
  }

  /** Holds what waits against the tree, whose tiles the audit has come past. */
  async judge(): Promise<void> {
    const words = this.#waiting.sort((a, b) => a.size - b.size)
    this.#waiting = []
    const reader = remembering(this.#log.tree)
    let [known, root]: [number, string | null] = [0, null]
    for (const word of words) {
      // Nobody can have seen more of the log than there was when it took this in.
      if (word.size > word.index) this.#contradicts(word)
      else {
        if (word.size !== known) [known, root] = [word.size, await rootAt(reader, word.size)]
        if (root !== null && root !== word.root) this.#contradicts(word)
      }
    }
  }

  /**
   * Names what contradicts, unless its key was declared compromised by then. Of a tree of which
   * parts are changed or gone nobody can say what it was: that is named already.
   */
  end(enrolments: ReadonlyMap<string, Enrolment>, findings: Findings): WordsReport {
    const isWhole = !findings.list.some(({ code }) => ofParts.has(code))
    for (const { index, leaf, size } of isWhole ? this.#contradicting : []) {
      const enrolment = enrolments.get(leaf.kid)
      if (enrolment !== undefined && isCompromised(enrolment, leaf)) continue
      const detail = `key ${leaf.kid} signed that it saw another root of ${size} leaves`
      findings.add('CHECKPOINT_CONTRADICTED', { where: `record ${index}`, index }, detail)
    }
    const { kids, ...counts } = this.memory()
    return { ...counts, keys: kids.length }
  }

  memory(): WordsMemory {
    return {
      told: this.#told,
      kids: [...this.#kids],
      widest: this.#widest,
      accusations: this.#accusations,
    }
  }

  #contradicts(word: Word): void {
    if (this.#contradicting.length < contradictionsKeptMax) this.#contradicting.push(word)
  }
}

/** Null where tiles cannot be read: that is a finding by itself. */
async function rootAt(reader: SubtreeReader, size: number): Promise<string | null> {
  try {
    return base64url(await treeRoot(reader, size))
  } catch (error) {
    if (error instanceof LedgerError || error instanceof TlogError) return null
    throw error
  }
}

/** Sizes that lie near each other have most subtrees in common. */
function remembering({ hash, sha256 }: SubtreeReader): SubtreeReader {
  const known = new Map<string, Uint8Array | Promise<Uint8Array>>()
  return {
    sha256,
    hash: (level, index) => {
      const name = `${level} ${index}`
      const found = known.get(name) ?? hash(level, index)
      known.set(name, found)
      return found
    },
  }
}
