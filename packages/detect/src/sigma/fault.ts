// What is wrong in a text of rules, and where.
import { DETECT_CODES, type DetectErrorCode } from '../codes.ts'

/** Where something stands; both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** An error or a warning of a rule file. */
export interface Fault extends Place {
  readonly file: string
  readonly code: DetectErrorCode
  /** What is wrong, without values of others than the rule. */
  readonly what: string
  readonly fix: string
}

/** Where in a document: keys and positions from its top. */
export type Path = readonly (string | number)[]

/** Thrown while a part of a rule is read; what reads the rule goes on with the next part. */
export class Trouble extends Error {
  readonly code: DetectErrorCode
  readonly path: Path
  readonly fix: string | undefined
  /** Characters from the beginning of the value at the path; null: the key is meant. */
  readonly offset: number | null

  constructor(code: DetectErrorCode, path: Path, what: string, more: TroubleMore = {}) {
    super(what)
    this.name = 'Trouble'
    this.code = code
    this.path = path
    this.fix = more.fix
    this.offset = more.offset ?? null
  }
}

interface TroubleMore {
  readonly fix?: string
  readonly offset?: number
}

/** A document of a file, and what was found wrong in it. */
export class Findings {
  readonly faults: Fault[] = []
  readonly warnings: Fault[] = []
  readonly #file: string
  readonly #placeOf: (path: Path, offset: number | null) => Place

  constructor(file: string, placeOf: (path: Path, offset: number | null) => Place) {
    this.#file = file
    this.#placeOf = placeOf
  }

  /** Runs one part; null when it is in trouble. */
  attempt<T>(read: () => T): T | null {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      this.fault(error)
      return null
    }
  }

  fault({ code, fix, message, offset, path }: Trouble): void {
    this.faults.push(this.#tell(code, path, { what: message, fix, offset }))
  }

  warn(code: DetectErrorCode, path: Path, what: string, fix?: string): void {
    this.warnings.push(this.#tell(code, path, { what, fix }))
  }

  #tell(
    code: DetectErrorCode,
    path: Path,
    told: { what: string; fix?: string | undefined; offset?: number | null },
  ): Fault {
    const { fix = DETECT_CODES[code].fix, offset = null, what } = told
    return { ...this.#placeOf(path, offset), file: this.#file, code, what, fix }
  }
}
