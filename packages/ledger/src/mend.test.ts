// Guarantee: lost files of the public log come back to the byte; what is there and otherwise stays;
// and commits that are not those that were signed write nothing.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { audit } from './audit/audit.ts'
import { type Folders, foldersUnder } from './folders.ts'
import { mendLedger } from './mend.ts'
import { createLedger, openLedger } from './open.ts'
import { base64urlOf, generateEd25519, thumbprint } from './crypto.ts'
import { encodeEnrolment } from './format/enrolment.ts'

let root: string
let folders: Folders
let logKey: string
/** More than become tiles at once, in several commits. */
const keysOf = [4_200, 300, 1]

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-mend-'))
  const all = foldersUnder(join(root, 'whole'))
  const made = await createLedger(all, 'a.example/log')
  logKey = made.logKey
  const ledger = await openLedger(all)
  const enrol = (): Promise<number> => {
    const key = generateEd25519().publicKey
    const kid = thumbprint(key)
    const content = encodeEnrolment({
      ...{ assurance: 'configured', audience: 'a.example/log', kid, publicKey: base64urlOf(key) },
      ...{ issuers: [], roles: ['api'], services: ['login'], validFrom: 0, validUntil: 0 },
    })
    return ledger.commitContent({ type: 'key', id: kid, content })
  }
  for (const length of keysOf) await Promise.all(Array.from({ length }, enrol))
  await ledger.close()
})
afterAll(async () => {
  await rm(root, { recursive: true })
})
let run = 0
beforeEach(async () => {
  const data = join(root, `run-${run++}`)
  await cp(join(root, 'whole'), data, { recursive: true })
  folders = foldersUnder(data)
})

function filesIn(folder: string): Map<string, string> {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = all.filter((one) => one.isFile())
  return new Map(
    files
      .map(({ name, parentPath }) => join(parentPath, name))
      .toSorted()
      .map((path) => [path.slice(folder.length), readFileSync(path, 'base64')]),
  )
}

test('all files that are gone come back to the byte', async () => {
  const tile = join(folders.ledger, 'tile')
  const before = filesIn(tile)
  expect(before.size).toBeGreaterThan(36)
  rmSync(tile, { recursive: true })
  rmSync(join(folders.ledger, 'checkpoint'))
  const mended = await mendLedger(folders)
  const after = filesIn(tile)
  expect(mended).toMatchObject({ written: after.size + 1, differing: 0 })
  // Of the size before, narrower tiles may still have been there.
  for (const path of before.keys()) {
    if (!after.has(path) && path.includes('.p/')) before.delete(path)
  }
  expect(after).toEqual(before)
  expect((await audit({ folders, logKey })).findings).toEqual([])
  expect(await mendLedger(folders)).toMatchObject({ written: 0, differing: 0 })
})

test('what is there and otherwise stays, and is named', async () => {
  const path = 'tile/entries/003'
  writeFileSync(join(folders.ledger, path), 'otherwise')
  rmSync(join(folders.ledger, 'tile/0/002'))
  expect(await mendLedger(folders)).toMatchObject({
    ...{ written: 1, differing: 1, firstDiffering: [path] },
  })
  expect(readFileSync(join(folders.ledger, path), 'utf8')).toBe('otherwise')
})

test('commits that are fewer, or without a lock store, write nothing', async () => {
  const tile = join(folders.ledger, 'tile')
  rmSync(tile, { recursive: true })
  const commit = join(folders.ledger, 'commit')
  const last = join(commit, readdirSync(commit).toSorted().at(-1)!)
  const bytes = readFileSync(last)
  writeFileSync(last, bytes.subarray(0, bytes.length - 10))
  await expect(mendLedger(folders)).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' })
  writeFileSync(last, bytes)
  await rm(folders.lock, { recursive: true })
  await expect(mendLedger(folders)).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' })
  expect(readdirSync(folders.ledger)).not.toContain('tile')
})

test('a ledger that is open is left alone', async () => {
  const ledger = await openLedger(folders)
  await expect(mendLedger(folders)).rejects.toMatchObject({ code: 'LEDGER_LOCKED' })
  await ledger.close()
})
