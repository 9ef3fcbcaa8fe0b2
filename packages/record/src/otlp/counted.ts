import { RecordError } from '../codes.ts'

/** What was met of a request so far: whoever walks one counts what it could make without end. */
export interface Counted {
  readonly limits: { readonly containersMax: number; readonly fieldsMax: number }
  /** Resources and scopes. */
  containers: number
  fields: number
}

/** Throws OTLP_LIMIT_EXCEEDED. */
export function countField(counted: Counted): void {
  const { fieldsMax } = counted.limits
  if (++counted.fields > fieldsMax) throw overLimit(`a request has more than ${fieldsMax} fields`)
}

/** Throws OTLP_LIMIT_EXCEEDED. */
export function countContainer(counted: Counted): void {
  const { containersMax } = counted.limits
  if (++counted.containers > containersMax) {
    throw overLimit(`a request has more than ${containersMax} resources and scopes`)
  }
}

export function overLimit(message: string): RecordError {
  return new RecordError('OTLP_LIMIT_EXCEEDED', message)
}
