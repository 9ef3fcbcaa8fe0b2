// A record's way through the steps that pipeline.ts gives it.
import { createDeferral, type Deferral } from './deferral.ts'
import type {
  Description,
  Occurrence,
  ParentSpan,
  Role,
  SafeTicket,
  SealedRecord,
} from './event.ts'
import type { Facts } from './facts.ts'
import { SdkError } from './codes.ts'
import type { Exporter } from './export/exporter.ts'
import type { Stage } from './export/waits.ts'
import { startStopwatch } from './instrument/clock.ts'
import { kindOf, type Notify } from './notice.ts'
import type { Protect } from './protect/protect.ts'
import type { RecordToSeal } from './sign/record.ts'
import type { Stamp } from './sign/stamp.ts'
import type { Stream, StreamAction } from './sign/stream.ts'

export interface RecorderOptions {
  readonly stream: Stream
  readonly stamp: Stamp
  readonly protect: Protect
  readonly seal: (record: RecordToSeal) => SealedRecord
  readonly exporter: Pick<Exporter, 'enqueue' | 'lose' | 'until' | 'dropped' | 'checkpoint'>
  readonly httpRequests: () => number
  /** Roles that the key is enrolled for; null: all. The receiver would refuse records of others. */
  readonly roles: readonly string[] | null
  readonly notify: Notify
}

/** A number of the stream, for one record. */
export interface Numbered {
  /** null: an action in a role that the key is not enrolled for has none, and no record. */
  readonly sequence: number | null
  /** Describes, protects, seals and queues it after the response. */
  readonly emit: (at: Occurrence, describe: () => Description) => void
  /** It cannot be made: counts it as dropped, and its number stays a gap. */
  readonly lose: (error: unknown) => void
  /**
   * After `emit`: seals and sends it now, not after the response or the tick, and waits for it as
   * Exporter.until does. Rejects also with ROLE_NOT_ENROLLED, where there is no record.
   */
  readonly until: (stage: Stage) => Promise<void>
  /** Ids of its span; null before it was sealed, and when it was lost. */
  readonly span: () => ParentSpan | null
}

export interface Recorder {
  /**
   * Numbers what happened now, before anything can fail. An action in a role that the key is not
   * enrolled for has no number: anybody can show a token to a client, and a refused record would
   * hold up those behind it.
   */
  readonly number: (action: string, role: Role | null) => Numbered
  /** A record about the stream itself, with the counts of this moment; it stops once. */
  readonly emitOwn: (action: StreamAction) => void
  /** Queues now what waits for its response. */
  readonly drain: () => void
}

/** See the head of this file. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { stream, exporter, roles, notify } = options
  let isStopped = false
  const { defer, drain } = createDeferral((error) => notify('RECORD_FAILED', kindOf(error)))
  const steps = { ...options, defer, drain }

  function number(action: string, role: Role | null): Numbered {
    if (role !== null && roles?.includes(role) === false) {
      exporter.lose(null)
      notify('ROLE_NOT_ENROLLED', role)
      return {
        sequence: null,
        emit: () => undefined,
        lose: () => undefined,
        until: () => Promise.reject(new SdkError('ROLE_NOT_ENROLLED', role)),
        span: () => null,
      }
    }
    const sequence = stream.number(action)
    if (isStopped && !action.startsWith('audit.')) notify('RECORDS_AFTER_STOP', action)
    return new Emission(sequence, steps)
  }

  function emitOwn(action: StreamAction): void {
    if (isStopped && action === 'audit.stream.stop') return
    const { startTimeUnixNano, stop } = startStopwatch()
    const occurrence = { startTimeUnixNano, endTimeUnixNano: stop(), parent: null }
    number(action, null).emit(occurrence, () => {
      const checkpoint = exporter.checkpoint()
      const httpRequests = options.httpRequests()
      const facts = { dropped: exporter.dropped(), httpRequests, checkpoint }
      const attributes = stream.describe(action, facts)
      const failed = action === 'audit.ledger.fork'
      return { action, kind: 'internal', failed, message: '', attributes }
    })
    if (action === 'audit.stream.stop') isStopped = true
    // Its counts are those up to its own number: nothing may be numbered in between.
    drain()
  }

  return { number, emitOwn, drain }
}

type Steps = Pick<RecorderOptions, 'stamp' | 'protect' | 'seal' | 'exporter' | 'notify'> & Deferral

/** One object without closures: there is one for each request of the host. */
class Emission implements Numbered {
  readonly sequence: number
  readonly #steps: Steps
  #ids: ParentSpan | null = null

  constructor(sequence: number, steps: Steps) {
    this.sequence = sequence
    this.#steps = steps
  }

  emit(occurrence: Occurrence, describe: () => Description): void {
    const { defer, exporter } = this.#steps
    defer(() => exporter.enqueue(this.#made(occurrence, describe)))
  }

  lose(error: unknown): void {
    const { exporter, notify } = this.#steps
    exporter.lose(this.sequence)
    notify('HOOK_FAILED', kindOf(error))
  }

  until(stage: Stage): Promise<void> {
    const { drain, exporter } = this.#steps
    drain()
    return exporter.until(this.sequence, stage)
  }

  span(): ParentSpan | null {
    return this.#ids
  }

  #made(occurrence: Occurrence, describe: () => Description): SealedRecord {
    const { sequence } = this
    const { exporter, protect, seal, stamp } = this.#steps
    try {
      const told = describe()
      stamp(told.attributes, sequence)
      const attributes = protect(told.attributes)
      const sealed = seal({ ...told, sequence, occurrence, attributes })
      this.#ids = sealed.ids
      return sealed
    } catch (error) {
      exporter.lose(sequence)
      throw error
    }
  }
}

/** A place in the stream, for what a hook tells. */
export class FactsTicket implements SafeTicket {
  readonly #numbered: Numbered
  readonly #describe: (facts: Facts, at: Occurrence) => Description

  constructor(numbered: Numbered, describe: (facts: Facts, at: Occurrence) => Description) {
    this.#numbered = numbered
    this.#describe = describe
  }

  record(facts: Facts, at: Occurrence): void {
    this.#numbered.emit(at, () => this.#describe(facts, at))
  }

  lose(error: unknown): void {
    this.#numbered.lose(error)
  }

  until(stage: Stage): Promise<void> {
    return this.#numbered.until(stage)
  }

  span(): ParentSpan | null {
    return this.#numbered.span()
  }
}
