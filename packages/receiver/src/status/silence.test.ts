import { expect, test } from '@jest/globals'
import { silentMinutesMax, type StreamName, Streams } from '@grantlog/ledger'
import type { LogEvent } from '../flow.ts'
import type { Note } from './note.ts'
import { silenceWatch } from './silence.ts'

const none = {
  streams: { get: () => undefined, silent: () => [] },
  note: { read: () => Promise.resolve(undefined), write: () => Promise.resolve() },
}

test('a minute in which something could not be committed does not count', async () => {
  const events: LogEvent[] = []
  const ledger = {
    failures: 0,
    minutes: 0,
    minute() {
      ledger.minutes++
      return Promise.resolve([{ kid: 'k', instance: 'i' }])
    },
  }
  const { minute: onMinute } = await silenceWatch({
    ledger,
    ...none,
    log: (event) => events.push(event),
  })
  await onMinute()
  ledger.failures = 2
  await onMinute()
  expect(ledger.minutes).toBe(1)
  await onMinute()
  expect(ledger.minutes).toBe(2)
  expect(events).toEqual(
    Array(2).fill({ code: 'STREAM_UNCLOSED', level: 'warn', kid: 'k', instance: 'i' }),
  )
})

test('minutes do not overlap, and what fails comes again', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let minutes = 0
  const ledger = {
    failures: 0,
    async minute() {
      minutes++
      await promise
      throw new Error('no')
    },
  }
  const { minute: onMinute } = await silenceWatch({ ledger, ...none, log: () => undefined })
  const first = onMinute()
  await onMinute()
  expect(minutes).toBe(1)
  resolve()
  await first
  await onMinute()
  await onMinute()
  expect(minutes).toBe(2)
})

test('who closes waits for the minute under way, and no other begins', async () => {
  const { promise, resolve } = Promise.withResolvers<never[]>()
  let minutes = 0
  const ledger = {
    failures: 0,
    minute() {
      minutes++
      return promise
    },
  }
  const watch = await silenceWatch({ ledger, ...none, log: () => undefined })
  const minute = watch.minute()
  let isClosed = false
  const closing = watch.close().then(() => (isClosed = true))
  await watch.minute()
  expect([isClosed, minutes]).toEqual([false, 1])
  resolve([])
  await Promise.all([minute, closing])
  await watch.minute()
  expect(minutes).toBe(1)
})

/** Lives of a receiver over one log, with a note in memory; `alive` is heard each minute. */
function lives() {
  let text: string | undefined
  const note: Note = {
    read: () => Promise.resolve(text),
    write: (next) => {
      text = next
      return Promise.resolve()
    },
  }
  const heard = { dead: 1, alive: 1 }
  const unclosed: StreamName[] = []
  const hear = (streams: Streams, instance: 'dead' | 'alive', seq: number): void =>
    streams.add({ kid: 'k', instance, seq, type: 'record', receivedAt: 1 }, seq)

  /** The streams as the log has them. */
  function replay(): Streams {
    const streams = new Streams()
    for (const name of ['dead', 'alive'] as const) {
      for (let seq = 0; seq < heard[name]; seq++) hear(streams, name, seq)
    }
    for (const one of unclosed) streams.unclose(one)
    return streams
  }

  async function live(minutes: number, { isKilled = false } = {}): Promise<void> {
    const streams = replay()
    const ledger = {
      failures: 0,
      minute(also: readonly StreamName[]) {
        streams.tick()
        const noted = [...streams.silent(silentMinutesMax, 9), ...also]
        for (const { instance, kid } of noted) {
          unclosed.push({ kid, instance })
          streams.unclose({ kid, instance })
        }
        return Promise.resolve(noted)
      },
    }
    const watch = await silenceWatch({ ledger, streams, note, log: () => undefined })
    for (let minute = 0; minute < minutes; minute++) {
      hear(streams, 'alive', heard.alive++)
      await watch.minute()
    }
    if (!isKilled) await watch.close()
  }
  return { heard, live, unclosed, damage: () => (text = '{"no": "list"}') }
}

test('minutes of silence are counted over restarts, and those who live are not noted', async () => {
  const { live, unclosed } = lives()
  for (let n = 1; n < silentMinutesMax; n++) await live(1)
  expect(unclosed).toEqual([])
  await live(1)
  expect(unclosed).toEqual([{ kid: 'k', instance: 'dead' }])
  await live(2 * silentMinutesMax)
  expect(unclosed).toHaveLength(1)
})

test('a kill forgets no minute from the second on', async () => {
  const { live, unclosed } = lives()
  for (let n = 1; n < silentMinutesMax / 2; n++) await live(2, { isKilled: true })
  expect(unclosed).toEqual([])
  await live(2, { isKilled: true })
  expect(unclosed).toEqual([{ kid: 'k', instance: 'dead' }])
})

test('who was heard again begins anew, and a damaged note is none', async () => {
  const again = lives()
  await again.live(silentMinutesMax - 1)
  again.heard.dead++
  await again.live(silentMinutesMax - 1)
  expect(again.unclosed).toEqual([])
  const damaged = lives()
  await damaged.live(silentMinutesMax - 1)
  damaged.damage()
  await damaged.live(silentMinutesMax - 1)
  expect(damaged.unclosed).toEqual([])
})
