import { RecordError } from '../codes.ts'

/** What was met of a request so far: whoever walks one counts what it could make without end. */
export interface Counted {
  readonly limits: { readonly containersMax: number; readonly fieldsMax: number }
  /** Resources and scopes. */
  containers: number
  fields: number
  /** What was done since the last pause, in fields; see `isPauseDue`. */
  spent: number
}

/** Fields between two pauses: about 50 ns each, and more when they are copied. */
const pauseFields = 2_048

/** Throws OTLP_LIMIT_EXCEEDED. */
export function countField(counted: Counted): void {
  const { fieldsMax } = counted.limits
  counted.spent++
  if (++counted.fields > fieldsMax) throw overLimit(`a request has more than ${fieldsMax} fields`)
}

/** Throws OTLP_LIMIT_EXCEEDED. */
export function countContainer(counted: Counted): void {
  const { containersMax } = counted.limits
  if (++counted.containers > containersMax) {
    throw overLimit(`a request has more than ${containersMax} resources and scopes`)
  }
}

/** What copying or reading so many bytes costs, in fields. */
export function spendBytes(counted: Counted, bytes: number): void {
  counted.spent += bytes >>> 6
}

/** Whether work is to stop here for a moment; then it goes on with a new account. */
export function isPauseDue(counted: Counted): boolean {
  if (counted.spent < pauseFields) return false
  counted.spent = 0
  return true
}

export function overLimit(message: string): RecordError {
  return new RecordError('OTLP_LIMIT_EXCEEDED', message)
}
