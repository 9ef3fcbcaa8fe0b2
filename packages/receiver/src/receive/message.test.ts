import { expect, test } from '@jest/globals'
import { REFUSALS, type RefusalCode } from '../codes.ts'
import type { Refusal } from '../flow.ts'
import { MAX_MESSAGE_CHARACTERS } from '../limits.ts'
import { refusalMessage } from './message.ts'

const codes = Object.keys(REFUSALS) as RefusalCode[]
const refused = (code: RefusalCode, spans: number): Refusal => ({ code, sender: 'kid', spans })

test('each reason once, with its sum, in the order of the list', () => {
  const message = refusalMessage([
    refused('FORGED', 1),
    refused('UNSIGNED', 2),
    refused('FORGED', 3),
  ])
  expect(message).toBe(
    `UNSIGNED: ${REFUSALS.UNSIGNED} (2 spans); FORGED: ${REFUSALS.FORGED} (4 spans)`,
  )
})

test('one is one, and log records are called so', () => {
  expect(refusalMessage([refused('ALTERED', 1)])).toMatch(/ \(1 span\)$/)
  expect(refusalMessage([{ ...refused('ALTERED', 2), signal: 'logs' }])).toMatch(
    /\(2 log records\)$/,
  )
})

test('nothing refused, nothing said; of everything, no more than the limit', () => {
  expect(refusalMessage([])).toBe('')
  const all = refusalMessage(codes.map((code) => refused(code, 1)))
  expect(all.length).toBeLessThanOrEqual(MAX_MESSAGE_CHARACTERS)
  for (const code of codes) expect(all).toContain(`${code}: `)
})
