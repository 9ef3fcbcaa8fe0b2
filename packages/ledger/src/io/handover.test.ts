import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { audit } from '../audit/audit.ts'
import { type Folders, foldersUnder } from '../folders.ts'
import { encodeFinding } from '../format/finding.ts'
import { encodeValidation, type Validation } from '../format/validation.ts'
import type { Ledger } from '../ledger.ts'
import { handedOverAtOnceMax, handoverBytesMax } from '../limits.ts'
import { createLedger, openLedger } from '../open.ts'
import { type HandedOver, handOver, sealHandedOver } from './handover.ts'
import { SealedBefore } from './sealed-before.ts'

const digest = 'A'.repeat(43)
const validation: Validation = {
  ...{ from: 0, inputs: [], lines: null, madeAt: 5, report: digest, service: 'api', until: 5 },
  requests: { counted: 0, records: 0 },
  streams: { all: 0, differing: 0, dropped: 0, emitted: 0, sealed: 0 },
  verdict: 'agrees',
}
const content = encodeValidation(validation)
const type = 'validation'
const idOf = (n: number): string => `01982f3e-7a4c-4cc1-9d4e-${String(n).padStart(12, '0')}`

let data: string
let folders: Folders
let ledger: Ledger
let logKey: string
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'grantlog-handover-'))
  folders = foldersUnder(data)
  ;({ logKey } = await createLedger(folders, 'example.com/log'))
  ledger = await openLedger(folders)
})
afterEach(async () => {
  await ledger.close()
  rmSync(data, { recursive: true, force: true })
})
const left = (): string[] => readdirSync(join(folders.queue, 'validation')).toSorted()

test('what is handed over is sealed once, and the audit tells of it', async () => {
  expect(await sealHandedOver(ledger, folders, type)).toEqual({ sealed: [], refused: [] })
  await handOver(folders, { type, id: idOf(1), frame: ledger.nextFrame, content })
  const { refused, sealed } = await sealHandedOver(ledger, folders, type)
  expect({ refused, sealed, left: left() }).toEqual({
    refused: [],
    sealed: [{ id: idOf(1), index: 0, content: validation }],
    left: [],
  })
  await ledger.settle()
  const report = await audit({ folders, logKey })
  expect(report).toMatchObject({ findings: [], validations: [{ index: 0, ...validation }] })
})

test('a crash between commit and removal seals nothing twice', async () => {
  const handed: HandedOver = { type, id: idOf(1), frame: ledger.nextFrame, content }
  await handOver(folders, handed)
  await sealHandedOver(ledger, folders, type)
  await ledger.commitContent({ type: 'refusals', id: idOf(2), content: new Uint8Array() })
  // As after a crash: the file is there again, and other commits came in between.
  await handOver(folders, handed)
  const { sealed } = await sealHandedOver(ledger, folders, type)
  expect(sealed).toMatchObject([{ index: 0 }])
  expect(left()).toEqual([])
  expect(ledger.size).toBe(4)
})

test('not more than a number at a time', async () => {
  for (let n = 0; n <= handedOverAtOnceMax; n++) {
    await handOver(folders, { type, id: idOf(n), frame: 0, content })
  }
  expect((await sealHandedOver(ledger, folders, type)).sealed).toHaveLength(handedOverAtOnceMax)
  expect((await sealHandedOver(ledger, folders, type)).sealed).toHaveLength(1)
})

test('what a full disk does not take stays for the next time', async () => {
  await handOver(folders, { type, id: idOf(1), frame: 0, content })
  const full = {
    nextFrame: 0,
    leaves: (from: number, to: number) => ledger.leaves(from, to),
    commitContent: () => Promise.reject(new Error('no space')),
  }
  await expect(sealHandedOver(full, folders, type)).rejects.toThrow('no space')
  expect(left()).toEqual([`${idOf(1)}.json`])
})

describe('whether it has its leaf is asked', () => {
  /** Ranges of commits whose leaves were read. */
  const asked: [from: number, to: number][] = []
  const watched = () => ({
    get nextFrame() {
      return ledger.nextFrame
    },
    commitContent: (one: HandedOver) => ledger.commitContent(one),
    leaves: (from: number, to: number) => {
      asked.push([from, to])
      return ledger.leaves(from, to)
    },
  })
  const commit = async (n: number): Promise<void> => {
    await ledger.commitContent({ type: 'refusals', id: idOf(n), content: new Uint8Array() })
  }
  beforeEach(() => void asked.splice(0))

  test('of no commit, for what was handed over and sealed since the start', async () => {
    await commit(100)
    const before = new SealedBefore(watched())
    const handed = [1, 2].map(
      (n) => ({ type, id: idOf(n), frame: ledger.nextFrame, content }) as const,
    )
    for (const one of handed) await handOver(folders, one)
    const first = await sealHandedOver(watched(), folders, type, before)
    await commit(101)
    // Who handed it over crashed, and does so again.
    for (const one of handed) await handOver(folders, one)
    expect(await sealHandedOver(watched(), folders, type, before)).toEqual(first)
    expect([first.sealed.length, asked]).toEqual([2, []])
  })

  test('once, of the commits between the oldest that waits and the start', async () => {
    await commit(100)
    const handed = [1, 0, 1].map((frame, n) => ({ type, id: idOf(n), frame, content }) as const)
    await handOver(folders, handed[1]!)
    const [known] = (await sealHandedOver(ledger, folders, type)).sealed
    await commit(101)
    await ledger.close()
    ledger = await openLedger(folders)
    const start = ledger.nextFrame
    const before = new SealedBefore(watched())
    await commit(102)
    for (const one of handed) await handOver(folders, one)
    const { sealed } = await sealHandedOver(watched(), folders, type, before)
    expect(sealed.map(({ id }) => id)).toEqual(handed.map(({ id }) => id))
    expect(sealed[1]).toEqual(known)
    expect(asked).toEqual([[0, start]])
  })

  test('of what was sealed before so many others', async () => {
    const before = new SealedBefore(watched(), 4)
    const handed = [1, 2, 3, 4, 5].map((n) => ({ type, id: idOf(n), frame: 0, content }) as const)
    for (const one of handed) {
      await handOver(folders, one)
      await sealHandedOver(watched(), folders, type, before)
    }
    asked.splice(0)
    for (const one of handed) await handOver(folders, one)
    const { sealed } = await sealHandedOver(watched(), folders, type, before)
    // Its first half, two of them, is remembered no more.
    expect(asked).toEqual([[0, 2]])
    expect(sealed.map(({ index }) => index)).toEqual([0, 2, 4, 6, 8])
  })
})

describe('a file is put aside when it', () => {
  const text = (more: object): string =>
    JSON.stringify({
      content: new TextDecoder().decode(content),
      format: 'grantlog-validation-v1',
      frame: 0,
      ...more,
    })
  test.each<[string, (path: string) => void]>([
    ['is no JSON', (path) => writeFileSync(path, 'x', { mode: 0o600 })],
    ['is of another format', (path) => writeFileSync(path, text({ format: 'x' }), { mode: 0o600 })],
    ['has no validation', (path) => writeFileSync(path, text({ content: '{}' }), { mode: 0o600 })],
    ['is of another ledger', (path) => writeFileSync(path, text({ frame: 9 }), { mode: 0o600 })],
    ['is for others to write', (path) => writeFileSync(path, text({}), { mode: 0o600 })],
    [
      'is too large',
      (path) => writeFileSync(path, ' '.repeat(handoverBytesMax + 1), { mode: 0o600 }),
    ],
    ['is a link', (path) => symlinkSync('/etc/hostname', path)],
  ])('%s', async (what, make) => {
    await handOver(folders, { type, id: idOf(1), frame: 0, content })
    const path = join(folders.queue, 'validation', `${idOf(2)}.json`)
    make(path)
    if (what === 'is for others to write') chmodSync(path, 0o620)
    const { refused, sealed } = await sealHandedOver(ledger, folders, type)
    expect(refused).toMatchObject([{ name: `${idOf(2)}.json` }])
    expect(sealed).toHaveLength(1)
    expect(left()).toEqual([`${idOf(2)}.json.refused`])
  })
})

describe('a finding', () => {
  const found = encodeFinding({
    ...{ kind: 'found', id: idOf(1), at: 5, count: 1, group: [], madeAt: 6, records: [] },
    rule: { attack: [], hash: digest, id: idOf(9), level: 'high', title: 'A rule' },
    words: 'Something happened.',
  })
  const handed: HandedOver = { type: 'finding', id: idOf(1), frame: 0, content: found }

  test('is sealed once, over a crash before its removal, and the audit takes it', async () => {
    await handOver(folders, handed)
    const first = await sealHandedOver(ledger, folders, 'finding')
    expect(first.sealed).toMatchObject([{ id: idOf(1), index: 0, content: { kind: 'found' } }])
    await handOver(folders, handed)
    expect(await sealHandedOver(ledger, folders, 'finding')).toEqual(first)
    expect(ledger.size).toBe(2)
    await ledger.settle()
    expect((await audit({ folders, logKey })).findings).toEqual([])
  })

  test('under another id than its own is not handed over, committed or picked up', async () => {
    const other: HandedOver = { ...handed, id: idOf(2) }
    const format = expect.objectContaining({ code: 'LEDGER_FORMAT' })
    await expect(handOver(folders, other)).rejects.toThrow(format)
    await expect(ledger.commitContent(other)).rejects.toThrow(format)
    await handOver(folders, handed)
    const folder = join(folders.queue, 'finding')
    renameSync(join(folder, `${idOf(1)}.json`), join(folder, `${idOf(2)}.json`))
    const { refused, sealed } = await sealHandedOver(ledger, folders, 'finding')
    expect({ refused, sealed }).toMatchObject({
      refused: [{ name: `${idOf(2)}.json` }],
      sealed: [],
    })
  })
})
