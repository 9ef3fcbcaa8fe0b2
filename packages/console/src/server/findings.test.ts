import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Decision, openFindings, type SilenceOrder } from '@grantlog/detect'
import { encodeFinding, type Found, openReader, type LedgerReader } from '@grantlog/ledger'
import { createTestLedger, type TestLedger } from '../../test/ledger.ts'
import { decided, findingOf, findingsOf, type FindingsSource, silenced } from './findings.ts'

const idOf = (n: number): string => `01982f3e-7a4c-8cc1-9d4e-${String(n).padStart(12, '0')}`
const found = (n: number, level: Found['rule']['level']): Found => ({
  ...{ kind: 'found', id: idOf(n), at: n, count: 1, group: [['session.id', `p1.${n}`]], madeAt: n },
  records: [{ id: idOf(n + 100), index: n }],
  rule: { attack: ['T1528'], hash: 'A'.repeat(43), id: idOf(n + 200), level, title: `Rule ${n}` },
  words: 'Something happened.',
})
const by = { person: 'an operator', note: 'Looked at.' }

let own: TestLedger
let reader: LedgerReader
let source: FindingsSource
const orders: (Decision | SilenceOrder)[] = []

beforeAll(async () => {
  own = await createTestLedger()
  for (const one of [found(1, 'low'), found(2, 'critical')]) {
    await own.ledger.commitContent({ type: 'finding', id: one.id, content: encodeFinding(one) })
  }
  reader = await openReader(own.folders)
  const take = (order: Decision | SilenceOrder): Promise<string> => {
    orders.push(order)
    return Promise.resolve('leaf')
  }
  source = { reading: await openFindings(own.folders, reader), decide: take, silence: take }
})
afterAll(async () => {
  await reader.close()
  await own.close()
})

test('findings are listed with their counts, rules and records', async () => {
  const all = await findingsOf(source, {}, 0)
  expect(all).toMatchObject({ total: 2, counts: { open: 2, closed: 0 }, decidable: true })
  expect(all.findings).toMatchObject([
    { id: idOf(2), rule: { level: 'critical', attack: ['T1528'] }, records: [{ index: 2 }] },
    { id: idOf(1), status: 'open', silence: null },
  ])
  expect(all.rules).toContainEqual({ id: idOf(201), title: 'Rule 1' })
  expect(await findingsOf(source, { level: 'high' }, 0)).toMatchObject({ total: 1 })
  expect(await findingOf(source, idOf(1), 0)).toMatchObject({ words: 'Something happened.' })
})

describe('a decision', () => {
  test('and a silence are handed over', async () => {
    const decision: Decision = { finding: idOf(1), status: 'closed', ...by }
    const order: SilenceOrder = { rule: idOf(201), group: [], until: 5, ...by }
    expect(await decided(source, decision)).toBe('leaf')
    expect(await silenced(source, order)).toBe('leaf')
    expect(orders).toEqual([decision, order])
  })

  test('of a finding that is not there is none', async () => {
    const deciding = decided(source, { finding: idOf(9), status: 'closed', ...by })
    await expect(deciding).rejects.toMatchObject({ code: 'CONSOLE_FINDING_UNKNOWN' })
    await expect(findingOf(source, idOf(9), 0)).rejects.toMatchObject({
      code: 'CONSOLE_FINDING_UNKNOWN',
    })
  })

  test('is not taken where nobody writes the ledger', async () => {
    const { reading } = source
    expect((await findingsOf({ reading }, {}, 0)).decidable).toBe(false)
    const deciding = decided({ reading }, { finding: idOf(1), status: 'closed', ...by })
    await expect(deciding).rejects.toMatchObject({ code: 'CONSOLE_RECEIVER_SILENT' })
  })
})
