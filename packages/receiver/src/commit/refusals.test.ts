import { expect, test } from '@jest/globals'
import { createRefusalLedger } from './refusals.ts'

test('refusals become one leaf per sender and minute, when the minute is over', async () => {
  let time = 60_000
  const leaves: string[] = []
  const ledger = createRefusalLedger(
    async (content) => void leaves.push(Buffer.from(content).toString()),
    () => time,
  )
  ledger.add([
    { code: 'FORGED', sender: 'k', spans: 1 },
    { code: 'ALTERED', sender: 'k', spans: 1 },
    { code: 'FORGED', sender: 'k', spans: 1 },
    { code: 'UNSIGNED', sender: 'unknown', spans: 3 },
  ])
  await ledger.flush()
  expect(leaves).toEqual([])
  time = 120_000
  ledger.add([{ code: 'FORGED', sender: 'k', spans: 1 }])
  await ledger.flush()
  expect(leaves).toEqual([
    '{"minute":60000,"reasons":{"ALTERED":1,"FORGED":2},"sender":"k"}',
    '{"minute":60000,"reasons":{"UNSIGNED":3},"sender":"unknown"}',
  ])
  await ledger.flush(true)
  expect(leaves[2]).toBe('{"minute":120000,"reasons":{"FORGED":1},"sender":"k"}')
  await ledger.flush(true)
  expect(leaves).toHaveLength(3)
})

test('what could not be committed is kept for the next time', async () => {
  let fails = true
  const leaves: Uint8Array[] = []
  const ledger = createRefusalLedger(
    async (content) => {
      if (fails) throw new Error('full')
      leaves.push(content)
    },
    () => 0,
  )
  ledger.add([{ code: 'FORGED', sender: 'k', spans: 1 }])
  await expect(ledger.flush(true)).rejects.toThrow('full')
  fails = false
  await ledger.flush(true)
  expect(leaves).toHaveLength(1)
})
