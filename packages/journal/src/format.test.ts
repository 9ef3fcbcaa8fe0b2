// FORMAT.md, byte for byte.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openJournal } from './journal.ts'
import { openOffset } from './offset.ts'
import { createMemoryFiles } from './testing/memory-files.ts'

/** The hex dump under a heading: the columns between the position and the bar. */
async function dumpOf(heading: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '..', 'FORMAT.md'), 'utf8')
  const section = text.split(`## ${heading}\n`)[1] ?? ''
  const lines = (section.split('```')[1] ?? '').trim().split('\n')
  return lines
    .map((line) => line.slice(6).split('|')[0])
    .join('')
    .replaceAll(' ', '')
}

test('the segment in FORMAT.md is what the journal writes, and reads', async () => {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory: '/j', files, salt: () => 0x5a17c0de })
  await journal.append(new TextEncoder().encode('hello'))
  await journal.append([])
  const bytes = files.contents('/j/0000000000000000.seg')
  const dump = await dumpOf('A segment')
  expect(Buffer.from(bytes).toString('hex')).toBe(dump)

  const other = createMemoryFiles()
  other.place('/j/0000000000000000.seg', Buffer.from(dump, 'hex'))
  const read = await openJournal({ directory: '/j', files: other, readOnly: true })
  expect([read.next, new TextDecoder().decode(await read.readFrame(0))]).toEqual([2, 'hello'])
})

test('the unsynced frames and the sync point in FORMAT.md are what is written', async () => {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory: '/j', files, salt: () => 0x5a17c0de })
  await journal.append(new TextEncoder().encode('hello'))
  await journal.append(new TextEncoder().encode('soon'), { sync: false })
  await journal.append([], { sync: false })
  await journal.sync()
  const bytes = files.contents('/j/0000000000000000.seg').subarray(0x50)
  const dump = await dumpOf('Unsynced frames, and a sync point')
  expect(Buffer.from(bytes).toString('hex')).toBe(dump)
})

test('the offset in FORMAT.md is what openOffset writes', async () => {
  const files = createMemoryFiles()
  await (await openOffset('/sink', files)).set(70_000)
  const hex = Buffer.from(files.contents('/sink')).toString('hex')
  expect(hex).toBe(await dumpOf('An offset'))
})
