import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { encodeFinding, type Found, handOver } from '@grantlog/ledger'
import { newData, startHarness } from '../../test/harness.ts'

const idOf = (n: number): string => `01982f3e-7a4c-8cc1-9d4e-${String(n).padStart(12, '0')}`
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const found = (n: number, level: Found['rule']['level']): Found => ({
  ...{ kind: 'found', id: idOf(n), at: 5, count: 1, group: [], madeAt: 6, records: [] },
  rule: { attack: [], hash: 'A'.repeat(43), id: idOf(9), level, title: 'A rule' },
  words: 'Something happened.',
})

test('a running receiver seals findings, and tells of them as loud as they are bad', async () => {
  const data = await newData()
  await using harness = await startHarness({ data, limits: { findingLookMs: 10 } })
  const { events, folders, ledger } = harness
  for (const one of [found(1, 'low'), found(2, 'critical')]) {
    const content = encodeFinding(one)
    await handOver(folders, { type: 'finding', id: one.id, frame: ledger.nextFrame, content })
  }
  const told = (): typeof events => events.filter(({ code }) => code === 'FINDING')
  while (told().length < 2) await turn()
  expect(told()).toMatchObject([
    { level: 'info', severity: 'low', finding: idOf(1), title: 'A rule' },
    { level: 'error', severity: 'critical', finding: idOf(2) },
  ])
  expect(readdirSync(join(folders.queue, 'finding'))).toEqual([])
})

test('what is no finding is put aside and told', async () => {
  const data = await newData()
  await using harness = await startHarness({ data, limits: { findingLookMs: 10 } })
  const { events, folders } = harness
  const content = encodeFinding(found(1, 'low'))
  await handOver(folders, { type: 'finding', id: idOf(1), frame: 0, content })
  writeFileSync(join(folders.queue, 'finding', `${idOf(2)}.json`), 'x', { mode: 0o600 })
  while (!events.some(({ code }) => code === 'FINDING_REFUSED')) await turn()
  expect(readdirSync(join(folders.queue, 'finding'))).toContain(`${idOf(2)}.json.refused`)
})
