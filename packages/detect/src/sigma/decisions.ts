// Which rules an event matches, as a tree that grows while events come: each fork asks for one
// field, each branch is one set of answers of all rules that are open there. Events of a service
// look alike, so nearly all walk branches that are there, one look-up a field, and no rule is
// asked. See decisions.test.ts.
import type { AttributeValue } from '@grantlog/record'
import {
  MAX_DECISION_VALUES,
  MAX_DECISIONS,
  MAX_FORK_VALUES,
  MAX_REMEMBERED_CHARS,
  REGROW_EVENTS,
} from '../limits.ts'
import type { AuditEvent } from '../event.ts'
import { type Field, fieldOf, valueOf } from '../field.ts'
import type { FieldTable, Probe } from './probe.ts'
import { type Part, partsOf, type Residual, residuals, simplified } from './residual.ts'
import type { Expression } from './syntax.ts'

/** A rule that holds where a fork is, or is open there. */
interface Open<T> {
  readonly of: T
  readonly residual: Residual | true
}

interface Fork<T> {
  /** Where no rule is open: those that hold, in their order. */
  readonly matched: readonly T[] | null
  readonly open: readonly Open<T>[]
  /** Whose value decides; null: `parts` is one that is asked of each event. */
  readonly field: Field | null
  readonly parts: readonly Part[]
  /** Branches by the answers of `parts`, `1` and `0`. */
  readonly branches: Map<string, Fork<T>>
  /** Branches by values that came before: a shortcut. */
  readonly values: Map<AttributeValue | undefined, Fork<T>>
}

export interface DecisionLimits {
  /** Rules that are open or hold, over all forks. */
  readonly decisions: number
  /** Values that all forks remember. */
  readonly values: number
  /** Events before one that is full begins anew. */
  readonly regrowEvents: number
}

const usual: DecisionLimits = {
  decisions: MAX_DECISIONS,
  values: MAX_DECISION_VALUES,
  regrowEvents: REGROW_EVENTS,
}

/** What it says depends on the event alone, whatever it remembers. */
export class Decisions<T> {
  readonly #limits: DecisionLimits
  readonly #all: readonly Open<T>[]
  #root: Fork<T>
  #decisions = 0
  #values = 0
  #events = 0

  constructor(
    rules: readonly { readonly of: T; readonly expression: Expression }[],
    table: FieldTable,
    limits: DecisionLimits = usual,
  ) {
    this.#limits = limits
    const residualOf = residuals(table)
    const all = rules.map(({ of, expression }) => ({ of, residual: residualOf(expression) }))
    this.#all = leftOf(all, new Map())
    this.#root = forkOf(this.#all)
  }

  /**
   * The rules that an event matches, in their order; null: there is no room for what it is, and
   * each rule is to be asked. `probe` looks at the same event. Throws what a rule throws.
   */
  decide(event: AuditEvent, probe: Probe): readonly T[] | null {
    this.#events++
    let fork = this.#root
    while (fork.matched === null) {
      const { field } = fork
      const value = field === null ? undefined : valueOf(event, field)
      const known = field === null ? undefined : fork.values.get(value)
      const next: Fork<T> | null = known ?? this.#branch(fork, value, probe)
      if (next === null) return null
      fork = next
    }
    return fork.matched
  }

  #branch(fork: Fork<T>, value: AttributeValue | undefined, probe: Probe): Fork<T> | null {
    let answers = ''
    for (const { matches } of fork.parts) answers += matches(probe) ? '1' : '0'
    const next = fork.branches.get(answers) ?? this.#grow(fork, answers)
    if (next !== null && fork.field !== null) this.#remember(fork, value, next)
    return next
  }

  #remember({ values }: Fork<T>, value: AttributeValue | undefined, next: Fork<T>): void {
    // Of many values, such as addresses, the first ones stay: others are asked about each time.
    if (values.size >= MAX_FORK_VALUES || this.#values >= this.#limits.values) return
    if (typeof value === 'string' && value.length > MAX_REMEMBERED_CHARS) return
    values.set(value, next)
    this.#values++
  }

  #grow(fork: Fork<T>, answers: string): Fork<T> | null {
    if (this.#decisions >= this.#limits.decisions) {
      if (this.#events >= this.#limits.regrowEvents) this.#clear()
      return null
    }
    const known = new Map(fork.parts.map((part, at) => [part, answers[at] === '1']))
    const open = leftOf(fork.open, known)
    const next = forkOf(open)
    fork.branches.set(answers, next)
    this.#decisions += open.length + 1
    return next
  }

  #clear(): void {
    this.#root = forkOf(this.#all)
    this.#decisions = 0
    this.#values = 0
    this.#events = 0
  }
}

/** Without those that are now known not to hold. */
function leftOf<T>(
  open: readonly Open<T>[],
  answers: ReadonlyMap<Part, boolean>,
): readonly Open<T>[] {
  return open.flatMap((one): Open<T>[] => {
    const residual = one.residual === true || simplified(one.residual, answers)
    return residual === false ? [] : [{ of: one.of, residual }]
  })
}

/** Asks first for the field that most of the open rules ask for: what it says decides most. */
function forkOf<T>(open: readonly Open<T>[]): Fork<T> {
  const asked = new Map<string, Set<Part>>()
  const times = new Map<string, number>()
  const own: Part[] = []
  for (const { residual } of open) {
    if (residual === true) continue
    const parts = [...partsOf(residual)]
    for (const part of parts) {
      const { field } = part
      if (field === null) own.push(part)
      else asked.set(field, (asked.get(field) ?? new Set()).add(part))
    }
    for (const field of new Set(parts.map((part) => part.field))) {
      if (field !== null) times.set(field, (times.get(field) ?? 0) + 1)
    }
  }
  const [most] = [...times].toSorted(([, a], [, b]) => b - a)
  const isDecided = most === undefined && own.length === 0
  const [name = null] = most ?? []
  return {
    matched: isDecided ? open.map(({ of }) => of) : null,
    open,
    field: name === null ? null : fieldOf(name),
    parts: name === null ? own.slice(0, 1) : [...asked.get(name)!],
    branches: new Map(),
    values: new Map(),
  }
}
