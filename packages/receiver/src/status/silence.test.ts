import { expect, test } from '@jest/globals'
import type { LogEvent } from '../flow.ts'
import { silenceWatch } from './silence.ts'

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
  const { minute: onMinute } = silenceWatch({ ledger, log: (event) => events.push(event) })
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
  const { minute: onMinute } = silenceWatch({ ledger, log: () => undefined })
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
  const watch = silenceWatch({ ledger, log: () => undefined })
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
