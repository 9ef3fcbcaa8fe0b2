// Guarantee: nobody fills the log; what is left out is counted, and one sender's flood hides no
// other's line.
import { expect, test } from '@jest/globals'
import { boundLog } from './bounded-log.ts'
import type { LogEvent } from './flow.ts'
import { LOG_LINES_PER_MINUTE, LOG_WINDOW_MS } from './limits.ts'

function bounded() {
  const events: LogEvent[] = []
  let at = 0
  const log = boundLog(
    (event) => events.push(event),
    () => at,
  )
  return { log, events, pass: (ms: number) => void (at += ms) }
}

const refused = (sender: string): LogEvent => ({ code: 'SPANS_REFUSED', level: 'warn', sender })

test('so many lines a minute, and then how many there were besides', () => {
  const { events, log, pass } = bounded()
  for (let i = 0; i < LOG_LINES_PER_MINUTE; i++) log.log(refused('unknown'))
  expect([events.length, log.suppressed]).toEqual([LOG_LINES_PER_MINUTE, 0])
  for (let i = 0; i < 100_000; i++) log.log(refused('unknown'))
  expect([events.length, log.suppressed]).toEqual([LOG_LINES_PER_MINUTE, 100_000])
  pass(LOG_WINDOW_MS - 1)
  log.look()
  expect(events).toHaveLength(LOG_LINES_PER_MINUTE)
  pass(1)
  log.look()
  log.look()
  const told = { code: 'LOG_SUPPRESSED', level: 'warn', of: 'SPANS_REFUSED', sender: 'unknown' }
  expect(events.slice(LOG_LINES_PER_MINUTE)).toEqual([{ ...told, lines: 100_000 }])
  log.log(refused('unknown'))
  expect(events.at(-1)).toEqual(refused('unknown'))
})

test('the next line of a code tells what was left out, and so does the end', () => {
  const { events, log, pass } = bounded()
  for (let i = 0; i <= LOG_LINES_PER_MINUTE; i++) log.log({ code: 'DISK_OK', level: 'info' })
  pass(LOG_WINDOW_MS)
  for (let i = 0; i < LOG_LINES_PER_MINUTE + 2; i++) log.log({ code: 'DISK_OK', level: 'info' })
  expect(events.at(LOG_LINES_PER_MINUTE)).toMatchObject({ code: 'LOG_SUPPRESSED', lines: 1 })
  log.look(true)
  expect(events.at(-1)).toMatchObject({ code: 'LOG_SUPPRESSED', lines: 2 })
})

test('a flood of strangers hides neither other codes nor those who are enrolled', () => {
  const { events, log } = bounded()
  for (let i = 0; i < 1_000; i++) log.log(refused('unknown'))
  log.log(refused('kid-1'))
  log.log({ code: 'CHAIN_BROKEN', level: 'error', kid: 'kid-1' })
  expect(events.slice(-2).map(({ code }) => code)).toEqual(['SPANS_REFUSED', 'CHAIN_BROKEN'])
})
