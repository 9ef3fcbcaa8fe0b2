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
  /** A leaf; resolves to the finding as it is now, undefined for what is about none that is here. */
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
  const findings = new Map<string, FindingState>()
  const silences = new Map<string, SilenceState>()
  let early: Early[] = []
  let evicted = 0

  function makeRoom(): void {
    if (findings.size < limits.findingsMax) return
    const all = [...findings.values()]
    const decided = all.find(({ status }) => status === 'closed' || status === 'false_positive')
    findings.delete((decided ?? all[0]!).id)
    evicted++
  }

  function begin(state: FindingState): FindingState {
    // A log has it once; a view that is restored may see it again.
    if (findings.has(state.id)) return findings.get(state.id)!
    makeRoom()
    const waiting = early.filter(({ content }) => content.finding === state.id)
    early = early.filter(({ content }) => content.finding !== state.id)
    const whole = waiting.reduce((on, { content, index }) => applied(on, index, content), state)
    findings.set(state.id, whole)
    return whole
  }

  function change(index: number, content: FoundAgain | FindingChange): FindingState | undefined {
    const known = findings.get(content.finding)
    if (known === undefined) {
      early = [...early, { index, content }].slice(-limits.earlyMax)
      return undefined
    }
    const next = applied(known, index, content)
    findings.set(next.id, next)
    return next
  }

  function silence(index: number, { kind: _, silence: id, ...rest }: FindingSilence): void {
    const before = silences.get(id)
    if (before !== undefined && before.madeAt > rest.madeAt) return
    silences.delete(id)
    silences.set(id, { id, index, ...rest })
    if (silences.size <= limits.silencesMax) return
    const [first] = [...silences.values()].toSorted((a, b) => a.until - b.until)
    silences.delete(first!.id)
  }

  return {
    get size() {
      return findings.size
    },
    get evicted() {
      return evicted
    },
    findings: { [Symbol.iterator]: () => findings.values() },
    silences: { [Symbol.iterator]: () => silences.values() },
    get: (id) => findings.get(id),
    silenceOf: (finding, now) => [...silences.values()].find((one) => isInForce(one, finding, now)),
    take(index, content) {
      if (content.kind === 'silence') return void silence(index, content)
      if (content.kind !== 'found') return change(index, content)
      const { at, count, group, id, madeAt, records, rule, words } = content
      const state = { id, index, rule, group, words, at, lastAt: at, madeAt, count, records }
      return begin({ ...state, times: 1, status: 'open', changes: [] })
    },
    snapshot: () => {
      const kept = { findings: [...findings.values()], silences: [...silences.values()] }
      return { ...kept, early, evicted } as unknown as JsonValue
    },
    restore(snapshot) {
      const from = snapshot as unknown as Snapshot
      findings.clear()
      silences.clear()
      for (const one of from.findings) findings.set(one.id, one)
      for (const one of from.silences) silences.set(one.id, one)
      early = [...from.early]
      evicted = from.evicted
    },
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
