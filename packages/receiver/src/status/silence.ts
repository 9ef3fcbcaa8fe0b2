// Each minute, streams that fell silent are noted in the log (FORMAT.md, 3.2). A minute in which
// something could not be committed is none: then it is us who did not listen. What a stream was
// silent before a restart is kept in a note, so that no restart makes a dead stream look alive. See
// silence.test.ts.
import { silentMinutesMax, type StreamName, streamName, type StreamState } from '@grantlog/ledger'
import type { Log } from '../flow.ts'
import { MAX_SILENT_NOTED } from '../limits.ts'
import type { Note } from './note.ts'

export interface SilenceOptions {
  readonly ledger: {
    readonly failures: number
    minute(also: readonly StreamName[]): Promise<readonly StreamName[]>
  }
  readonly streams: {
    get(kid: string, instance: string): StreamState | undefined
    silent(minutes: number, most: number): readonly StreamState[]
  }
  readonly note: Note
  readonly log: Log
}

export interface SilenceWatch {
  /** To be called each minute. Never rejects: what failed is logged there, and comes again. */
  minute(): Promise<void>
  /** Resolves when nothing of a minute is under way; from then on there are none. */
  close(): Promise<void>
}

/** A stream's minutes of silence before the start; they count while it has no other records. */
type Before = readonly [kid: string, instance: string, minutes: number, records: number]

/**
 * Of a stream that lives, a minute is silence to the next heartbeat: those are kept at the end
 * alone, for who restarts us each minute, and not written each minute.
 */
const keptMinutes = 2

export async function silenceWatch(options: SilenceOptions): Promise<SilenceWatch> {
  const { ledger, log, note, streams } = options
  let written = await note.read().catch(() => undefined)
  const before = beforeIn(written)
  let failures = 0
  let running: Promise<void> | undefined
  let isClosed = false

  /** Minutes in all of those that have some from before; others are forgotten there. */
  function* carried(): Generator<Before> {
    for (const [name, [kid, instance, minutes, records]] of before) {
      const state = streams.get(kid, instance)
      const isSilent = state && !state.closed && !state.unclosed && state.records === records
      if (isSilent) yield [kid, instance, minutes + state.silentMinutes, records]
      else before.delete(name)
    }
  }

  async function keep(least: number): Promise<void> {
    const own = streams.silent(least, MAX_SILENT_NOTED)
    const kept = new Map(own.map((state) => [streamName(state.kid, state.instance), of(state)]))
    for (const one of carried()) kept.set(streamName(one[0], one[1]), one)
    const text = JSON.stringify([...kept.values()].slice(0, MAX_SILENT_NOTED))
    if (text === written) return
    // An older note is fewer minutes of the same silence: a full disk needs no word of its own.
    written = await note.write(text).then(
      () => text,
      () => undefined,
    )
  }

  async function tick(): Promise<void> {
    try {
      const due = Array.from(carried()).filter(([, , minutes]) => minutes + 1 >= silentMinutesMax)
      const also = due.map(([kid, instance]) => ({ kid, instance }))
      for (const { instance, kid } of await ledger.minute(also)) {
        log({ code: 'STREAM_UNCLOSED', level: 'warn', kid, instance })
      }
      await keep(keptMinutes)
    } catch {
      failures = ledger.failures - 1
    }
  }

  return {
    async minute() {
      if (running || isClosed) return
      if (ledger.failures !== failures) {
        failures = ledger.failures
        return
      }
      running = tick().finally(() => (running = undefined))
      await running
    },
    async close() {
      isClosed = true
      await running
      await keep(1)
    },
  }
}

function of({ instance, kid, records, silentMinutes }: StreamState): Before {
  return [kid, instance, silentMinutes, records]
}

/** Nothing of what is no note: then silence counts from the start. */
function beforeIn(text: string | undefined): Map<string, Before> {
  try {
    const list = JSON.parse(text ?? '[]') as unknown
    const rows = Array.isArray(list) ? list.filter(isBefore).slice(0, MAX_SILENT_NOTED) : []
    return new Map(rows.map((row) => [streamName(row[0], row[1]), row]))
  } catch {
    return new Map()
  }
}

function isBefore(row: unknown): row is Before {
  if (!Array.isArray(row) || row.length !== 4) return false
  const [kid, instance, ...counts] = row as unknown[]
  const isNamed = typeof kid === 'string' && typeof instance === 'string'
  return isNamed && counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0)
}
