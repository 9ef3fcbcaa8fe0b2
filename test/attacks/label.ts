// What is known of each event: whether it is of an attack, and of which.
import type { AuditEvent } from '@grantlog/detect'

/** One attack that was made, by the number of its row in the rule set's specification. */
export interface Attack {
  /** Unlike that of any other attack of the same run. */
  readonly id: string
  readonly row: number
  /** What was done, in a sentence. */
  readonly tells: string
}

/** An event, with the attack that it is of; null: nobody meant any harm. */
export interface LabelledEvent {
  readonly event: AuditEvent
  readonly attack: Attack | null
}
