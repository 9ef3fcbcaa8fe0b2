// What an engine found in labelled events, and what it should have.
//
// A detection is of an attack when one of its records is; of which attack, the deciding record says
// first. An attack is detected when a rule for its row found one of its records. A detection that
// has no record of any attack is a false alarm. What is only told for information, such as each
// privileged action, is no alarm.
import type { AuditEvent, Detection } from '@grantlog/detect'
import type { BuiltIn } from './engine.ts'
import type { Attack, LabelledEvent } from './label.ts'
import { rows } from './rows.ts'

export interface FalseAlarm {
  readonly rule: string
  readonly group: string
  readonly words: string
  /** The deciding record. */
  readonly event: AuditEvent
}

/** Of one row. */
export interface RowScore {
  readonly row: number
  attacks: number
  /** By a rule for this row. */
  detected: number
  /** Only by a rule for another row. */
  byOthers: number
  /** Detections of rules for this row: of its attacks, of other attacks, of nothing. */
  alerts: number
  strays: number
  falseAlarms: number
}

export interface Score {
  readonly rows: ReadonlyMap<number, RowScore>
  readonly missed: readonly Attack[]
  readonly falseAlarms: readonly FalseAlarm[]
  readonly events: number
  /** Events that are of no attack. */
  readonly benign: number
  readonly attacks: number
  readonly detected: number
  readonly alerts: number
  /** CPU of the engine alone. */
  readonly engineMs: number
}

export class Scorer {
  readonly #builtIn: BuiltIn
  readonly #rows = new Map<number, RowScore>()
  readonly #attackOf = new Map<string, Attack>()
  readonly #attacks = new Map<string, Attack>()
  /** Rows of the rules that found something of an attack, by its id. */
  readonly #foundBy = new Map<string, Set<number>>()
  readonly #falseAlarms: FalseAlarm[] = []
  #events = 0
  #benign = 0
  #alerts = 0
  #engineMs = 0

  constructor(builtIn: BuiltIn) {
    this.#builtIn = builtIn
    for (const row of rows.keys()) this.#rows.set(row, emptyRow(row))
  }

  take(events: Iterable<LabelledEvent>): void {
    let waiting: LabelledEvent[] = []
    for (const event of events) {
      waiting.push(event)
      if (waiting.length < chunkEvents) continue
      this.#takeSome(waiting)
      waiting = []
    }
    this.#takeSome(waiting)
  }

  /** The clock is read once for many: reading it costs as much as a rule. */
  #takeSome(events: readonly LabelledEvent[]): void {
    const found: (readonly [AuditEvent, readonly Detection[]])[] = []
    const before = process.cpuUsage()
    for (const { event } of events) {
      const detections = this.#builtIn.engine.take(event)
      if (detections.length > 0) found.push([event, detections])
    }
    const { system, user } = process.cpuUsage(before)
    this.#engineMs += (system + user) / 1000
    for (const { attack, event } of events) this.#note(event, attack)
    for (const [event, detections] of found) {
      for (const detection of detections) {
        if (detection.rule.level !== 'informational') this.#judge(detection, event)
      }
    }
  }

  #note({ id }: AuditEvent, attack: Attack | null): void {
    this.#events++
    if (attack === null) {
      this.#benign++
      return
    }
    this.#attackOf.set(id, attack)
    if (this.#attacks.has(attack.id)) return
    this.#attacks.set(attack.id, attack)
    this.#rows.get(attack.row)!.attacks++
  }

  #judge({ group, records, rule, words }: Detection, event: AuditEvent): void {
    this.#alerts++
    const found = [...records].toReversed().map(({ id }) => this.#attackOf.get(id))
    const attack = found.find((one) => one !== undefined)
    const forRows = this.#builtIn.rowsOf.get(rule.id) ?? []
    for (const row of forRows) {
      const score = this.#rows.get(row)!
      if (attack === undefined) score.falseAlarms++
      else if (forRows.includes(attack.row)) score.alerts++
      else score.strays++
    }
    if (attack === undefined) {
      const about = group.map(([name, value]) => `${name}=${value}`).join(' ')
      this.#falseAlarms.push({ rule: rule.title, group: about, words, event })
      return
    }
    const by = this.#foundBy.get(attack.id) ?? new Set()
    for (const row of forRows) by.add(row)
    this.#foundBy.set(attack.id, by)
  }

  score(): Score {
    const missed: Attack[] = []
    for (const row of this.#rows.values()) row.detected = row.byOthers = 0
    for (const attack of this.#attacks.values()) {
      const by = this.#foundBy.get(attack.id)
      const row = this.#rows.get(attack.row)!
      if (by?.has(attack.row) === true) row.detected++
      else missed.push(attack)
      if (by !== undefined && !by.has(attack.row)) row.byOthers++
    }
    return {
      rows: this.#rows,
      missed,
      falseAlarms: this.#falseAlarms,
      ...{ events: this.#events, benign: this.#benign, alerts: this.#alerts },
      attacks: this.#attacks.size,
      detected: this.#attacks.size - missed.length,
      engineMs: this.#engineMs,
    }
  }
}

const chunkEvents = 2_000

function emptyRow(row: number): RowScore {
  return { row, attacks: 0, detected: 0, byOthers: 0, alerts: 0, strays: 0, falseAlarms: 0 }
}
