// What became of what was sent to a sink: the one language of all kinds of sinks.

/** To be sent again. The reason is a status, a code or a class of errors; never what was sent. */
export interface Later {
  readonly outcome: 'later'
  readonly reason: string
  /** What the sink asked for; 0 when it did not. */
  readonly retryAfterMs: number
  /** What it is where it stays so while the sink takes others; see stuck.ts. */
  readonly doubtful?: Refused
}

export function later(reason: string, retryAfterMs = 0): Later {
  return { outcome: 'later', reason, retryAfterMs }
}

/** Never to be taken as it is. */
export interface Refused {
  readonly outcome: 'refused'
  readonly status: number
  /** The sink's own word for it, without any value. */
  readonly error?: string
}

/** What became of one of the units, where a sink answers for each. */
export type UnitOutcome = { readonly outcome: 'taken' } | Later | Refused

export type SendOutcome =
  | { readonly outcome: 'taken'; readonly rejectedSpans: number }
  | Later
  | Refused
  | { readonly outcome: 'each'; readonly units: readonly UnitOutcome[] }
