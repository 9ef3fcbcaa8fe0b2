import { afterAll, expect, test } from '@jest/globals'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requirePlace } from './place.ts'

const folder = mkdtempSync(join(tmpdir(), 'grantlog-place-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('where a folder can be made nothing is left behind', async () => {
  await requirePlace(join(folder, 'a', 'b'))
  await requirePlace(folder)
  expect(readdirSync(folder)).toEqual([])
})

test('below a file no folder can be made', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  for (const path of [file, join(file, 'data')]) {
    await expect(requirePlace(path)).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' })
  }
})

const testWithProc = existsSync('/proc/self') ? test : test.skip
testWithProc('below /proc no folder can be made, not even by the superuser', async () => {
  const tried = requirePlace('/proc/nope/data')
  await expect(tried).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' })
})
