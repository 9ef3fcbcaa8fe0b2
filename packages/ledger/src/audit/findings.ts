// What an audit can find, each with its own word. See test/tamper.

/** Code → the verifier's word (FORMAT.md uses the same), and what it means. */
export const findingCodes = {
  RECORD_ALTERED: ['altered', 'what is stored of a record is not what its leaf committed to'],
  RECORD_FORGED: ['forged', 'a record was not signed by a key enrolled for its service'],
  RECORD_LATE: ['late', 'a record was received when its key was no longer valid'],
  RECORD_MISSING: ['missing', 'a leaf is in the log, what it committed to is not stored'],
  SUBJECT_KEY_MISSING: ['missing', "a record's personal slots cannot be opened: a key is gone"],
  LEAF_ALTERED: ['altered', 'an entry of the log is not what the tree committed to'],
  LEAF_MALFORMED: ['altered', 'an entry of the log is not of the format'],
  LEAF_MISSING: ['missing', 'entries are missing inside the log'],
  FRAME_ALTERED: ['altered', 'a commit frame is not what its leaf committed to'],
  TILE_ALTERED: ['altered', 'a hash tile does not follow from the entries below it'],
  CHECKPOINT_ALTERED: ['altered', "the checkpoint is not signed by the log's key"],
  COMMIT_BROKEN: ['altered', 'the log does not end with a whole commit'],
  ORDER_CHANGED: ['altered', 'entries are not in the order they were sealed in'],
  LOG_REWRITTEN: ['altered', 'the log does not have the root that was signed for it'],
  LOG_TRUNCATED: ['missing', 'the log is shorter than its checkpoint says'],
  LOG_ROLLED_BACK: ['missing', 'the log is older than a checkpoint seen elsewhere'],
  ANCHOR_FOREIGN: ['conflict', 'a checkpoint seen elsewhere names this log, under another key'],
  CHECKPOINT_CONTRADICTED: ['conflict', 'a producer signed that it saw another root of this log'],
  CHAIN_BROKEN: ['conflict', 'a batch does not name the root of the one before it in its stream'],
  SILENCE_UNTRUE: ['conflict', 'an unclosed leaf does not say what the log has of its stream'],
  CONFLICT: ['conflict', 'two different records claim one place in a stream'],
} as const

export type FindingCode = keyof typeof findingCodes

/** One thing that is wrong. `where` names it for people; index and frame for programs. */
export interface Finding {
  readonly code: FindingCode
  readonly word: (typeof findingCodes)[FindingCode][0]
  readonly where: string
  readonly detail: string
  readonly index?: number
  readonly frame?: number
}

/** Findings kept in a report; the count goes on. More of them help nobody. */
export const findingsKeptMax = 1000

/** Collects findings, each place and code once. */
export class Findings {
  readonly list: Finding[] = []
  readonly #seen = new Set<string>()
  #count = 0

  get count(): number {
    return this.#count
  }

  add(
    code: FindingCode,
    at: { readonly where: string; readonly index?: number; readonly frame?: number },
    detail?: string,
  ): void {
    const name = `${code} ${at.where}`
    if (this.#seen.has(name)) return
    this.#count++
    if (this.list.length >= findingsKeptMax) return
    this.#seen.add(name)
    const [word, meaning] = findingCodes[code]
    this.list.push({ code, word, ...at, detail: detail ?? meaning })
  }
}
