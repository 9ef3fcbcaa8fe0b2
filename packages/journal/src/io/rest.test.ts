import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Rest, restsIn } from './rest.ts'

let directory: string
let ending: AbortController
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'grantlog-rest-'))
  ending = new AbortController()
})
afterEach(() => {
  ending.abort()
  rmSync(directory, { recursive: true, force: true })
})

const write = (text: string): void => writeFileSync(join(directory, 'a'), text, { flag: 'a' })
/** Longer than any test takes: whoever waits for this never ends. */
const never = 3_600_000
const quiet = (rest: Rest): Promise<void> => rest(false, { everyMs: never, quietMs: never })
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('a file that comes, or grows, ends it; so does what came before it began', async () => {
  const rest = restsIn(directory, ending.signal)
  await quiet(rest)
  const resting = quiet(rest)
  write('x')
  await resting
  await quiet(rest)
  write('more')
  await turns()
  await quiet(rest)
})

test('what happened before the system was asked to tell does not', async () => {
  const rest = restsIn(directory, ending.signal)
  write('x')
  await quiet(rest)
  let isOver = false
  const resting = quiet(rest).then(() => (isOver = true))
  await turns()
  expect(isOver).toBe(false)
  write('y')
  await resting
})

test('while something comes there is an interval, whatever the system tells', async () => {
  const rest = restsIn(directory, ending.signal)
  await quiet(rest)
  let isOver = false
  const resting = rest(true, { everyMs: never, quietMs: 0 }).then(() => (isOver = true))
  write('x')
  await turns()
  expect(isOver).toBe(false)
  ending.abort()
  await resting
  await restsIn(directory, new AbortController().signal)(true, { everyMs: 1, quietMs: never })
})

test('an end to all ends it', async () => {
  const rest = restsIn(directory, ending.signal)
  await quiet(rest)
  const resting = quiet(rest)
  ending.abort()
  await resting
  await quiet(rest)
  await rest(true, { everyMs: never, quietMs: never })
})

test('after its time it is over, whether anything happened or not', async () => {
  const rest = restsIn(directory, ending.signal)
  await quiet(rest)
  for (let n = 0; n < 3; n++) await rest(false, { everyMs: never, quietMs: 1 })
  const resting = quiet(rest)
  write('x')
  await resting
})

test('where the system cannot tell there is an interval', async () => {
  const rest = restsIn(join(directory, 'nowhere'), ending.signal)
  await quiet(rest)
  await rest(false, { everyMs: 1, quietMs: never })
})

test('a folder that goes away ends it', async () => {
  const rest = restsIn(directory, ending.signal)
  await quiet(rest)
  const resting = quiet(rest)
  rmSync(directory, { recursive: true })
  await resting
})
