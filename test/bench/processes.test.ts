import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { folderBytes, ticksIn } from './processes.ts'

test('ticks of a process whose name looks like numbers', () => {
  const stat = '7 (a) 1 (b) S 1 7 7 0 -1 4194560 999 0 0 0 100 20 3 4 20 0 12 0 55 0 0'
  expect(ticksIn(stat)).toBe(127)
})

test('bytes of a folder are those of all its files but the ballast', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-bench-'))
  mkdirSync(join(folder, 'ledger', 'tile'), { recursive: true })
  writeFileSync(join(folder, 'ledger', 'tile', '0'), Buffer.alloc(32))
  writeFileSync(join(folder, 'ledger', 'ballast'), Buffer.alloc(1000))
  writeFileSync(join(folder, 'a'), 'a')
  expect(folderBytes(folder)).toBe(33)
  rmSync(folder, { recursive: true })
})
