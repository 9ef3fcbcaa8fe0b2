// The queue: findings as their leaves make them, by id, bounded. The order in which leaves of one
// finding come does not matter. See view.test.ts.
import type { FindingChange, FindingContent, FindingSilence, FoundAgain } from '@grantlog/ledger'
import type { JsonValue } from '@grantlog/record'
import { MAX_CHANGES, MAX_EARLY, MAX_FINDINGS, MAX_SILENCES } from '../finding-limits.ts'
import {
  type FindingDecision,
  type FindingState,
  isSilencedBy,
  type SilenceState,
} from '../finding-state.ts'

export interface FindingsView {
  readonly size: number
  /** Findings that were let go for lack of room; the ledger has them. */
  readonly evicted: number
  /** In order of the log. */
  readonly findings: Iterable<FindingState>
  readonly silences: Iterable<SilenceState>
  get(id: string): FindingState | undefined
  /** The silence in force then about a finding. */
  silenceOf(finding: FindingState, now: number): SilenceState | undefined
  /**
   * A leaf; resolves to the finding as it is now, undefined for what is about none that is here.
   */
  take(index: number, content: FindingContent): FindingState | undefined
  snapshot(): JsonValue
  restore(snapshot: JsonValue): void
}

type Early = { readonly index: number; readonly content: FoundAgain | FindingChange }

interface Snapshot {
  readonly findings: readonly FindingState[]
  readonly silences: readonly SilenceState[]
  readonly early: readonly Early[]
  readonly evicted: number
}

export interface ViewLimits {
  readonly findingsMax: number
  readonly silencesMax: number
  readonly earlyMax: number
}

const usual: ViewLimits = {
  findingsMax: MAX_FINDINGS,
  silencesMax: MAX_SILENCES,
  earlyMax: MAX_EARLY,
}

export function createFindingsView(limits: ViewLimits = usual): FindingsView {
  return new View(limits)
}

class View implements FindingsView {
  readonly #limits: ViewLimits
  readonly #findings = new Map<string, FindingState>()
  readonly #silences = new Map<string, SilenceState>()
  #early: Early[] = []
  #evicted = 0
  readonly findings: Iterable<FindingState> = {
    [Symbol.iterator]: () => this.#findings.values(),
  }
  readonly silences: Iterable<SilenceState> = {
    [Symbol.iterator]: () => this.#silences.values(),
  }

  constructor(limits: ViewLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#findings.size
  }

  get evicted(): number {
    return this.#evicted
  }

  get(id: string): FindingState | undefined {
    return this.#findings.get(id)
  }

  silenceOf(finding: FindingState, now: number): SilenceState | undefined {
    return [...this.#silences.values()].find((one) => isInForce(one, finding, now))
  }

  take(index: number, content: FindingContent): FindingState | undefined {
    if (content.kind === 'silence') {
      this.#silence(index, content)
      return undefined
    }
    if (content.kind !== 'found') return this.#change(index, content)
    const { at, count, group, id, madeAt, records, rule, words } = content
    const state = { id, index, rule, group, words, at, lastAt: at, madeAt, count, records }
    return this.#begin({ ...state, times: 1, status: 'open', changes: [] })
  }

  snapshot(): JsonValue {
    const kept = { findings: [...this.#findings.values()], silences: [...this.#silences.values()] }
    return { ...kept, early: this.#early, evicted: this.#evicted } as unknown as JsonValue
  }

  restore(snapshot: JsonValue): void {
    const from = snapshot as unknown as Snapshot
    this.#findings.clear()
    this.#silences.clear()
    for (const one of from.findings) this.#findings.set(one.id, one)
    for (const one of from.silences) this.#silences.set(one.id, one)
    this.#early = [...from.early]
    this.#evicted = from.evicted
  }

  #makeRoom(): void {
    if (this.#findings.size < this.#limits.findingsMax) return
    const all = [...this.#findings.values()]
    const decided = all.find(({ status }) => status === 'closed' || status === 'false_positive')
    this.#findings.delete((decided ?? all[0]!).id)
    this.#evicted++
  }

  #begin(state: FindingState): FindingState {
    // A log has it once; a view that is restored may see it again.
    const known = this.#findings.get(state.id)
    if (known !== undefined) return known
    this.#makeRoom()
    const waiting = this.#early.filter(({ content }) => content.finding === state.id)
    this.#early = this.#early.filter(({ content }) => content.finding !== state.id)
    const whole = waiting.reduce((on, { content, index }) => applied(on, index, content), state)
    this.#findings.set(state.id, whole)
    return whole
  }

  #change(index: number, content: FoundAgain | FindingChange): FindingState | undefined {
    const known = this.#findings.get(content.finding)
    if (known === undefined) {
      this.#early = [...this.#early, { index, content }].slice(-this.#limits.earlyMax)
      return undefined
    }
    const next = applied(known, index, content)
    this.#findings.set(next.id, next)
    return next
  }

  #silence(index: number, { kind: _, silence: id, ...rest }: FindingSilence): void {
    const silences = this.#silences
    const before = silences.get(id)
    // As of decisions, the log's order: a clock that was ahead must not keep one in force.
    if (before !== undefined && before.index > index) return
    silences.delete(id)
    silences.set(id, { id, index, ...rest })
    if (silences.size <= this.#limits.silencesMax) return
    const [first] = [...silences.values()].toSorted((a, b) => a.until - b.until)
    silences.delete(first!.id)
  }
}

function isInForce(silence: SilenceState, finding: FindingState, now: number): boolean {
  return silence.until > now && isSilencedBy(finding, silence)
}

function applied(
  state: FindingState,
  index: number,
  content: FoundAgain | FindingChange,
): FindingState {
  if (content.kind === 'again') {
    if (content.times <= state.times) return state
    const { at: lastAt, count, records, times } = content
    return { ...state, lastAt, count, records, times }
  }
  if (state.changes.some((one) => one.index === index)) return state
  const { madeAt, note, person, status } = content
  const decision: FindingDecision = { status, note, person, madeAt, index }
  // The log's order says which decision is the last, not the clocks of those who decided.
  const changes = [...state.changes, decision].toSorted((a, b) => a.index - b.index)
  return { ...state, status: changes.at(-1)!.status, changes: changes.slice(-MAX_CHANGES) }
}
