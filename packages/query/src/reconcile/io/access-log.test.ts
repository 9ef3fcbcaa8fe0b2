import { createHash } from 'node:crypto'
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { MAX_LINE_BYTES, MAX_LOG_FILES } from '../../limits.ts'
import { type AccessLogOptions, type LogPosition, openAccessLog } from './access-log.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantlog-access-'))
  path = join(folder, 'access.log')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function firstOf(files: Read['files']): { readonly position: LogPosition } {
  return files[0]!
}

interface Read {
  readonly lines: (string | null)[]
  readonly numbers: number[]
  readonly offsets: number[]
  readonly files: Awaited<ReturnType<typeof openAccessLog>>['files']
  readonly old: number
  readonly leftOut: number
}

async function read(
  more: Partial<AccessLogOptions> = {},
  beforeLines: () => void = () => undefined,
): Promise<Read> {
  const log = await openAccessLog({ paths: [path], sinceMs: 0, positions: [], ...more })
  const { files, leftOut, old } = log
  const read: Read = { lines: [], numbers: [], offsets: [], files, leftOut, old }
  beforeLines()
  for await (const { number, offset, text } of log.lines()) {
    read.lines.push(text)
    read.numbers.push(number)
    read.offsets.push(offset)
  }
  await log.close()
  return read
}

test('lines of a file, with numbers and places; the last one is still being written', async () => {
  const text = 'a\nbb\r\n\nthe last'
  writeFileSync(path, text)
  const { files, lines, numbers, offsets } = await read()
  expect({ lines, numbers, offsets }).toEqual({
    lines: ['a', 'bb', ''],
    numbers: [1, 2, 3],
    offsets: [0, 2, 6],
  })
  const digest = new Uint8Array(createHash('sha256').update(text).digest())
  expect(files).toMatchObject([{ bytes: text.length, isCut: false }])
  expect(new Uint8Array(files[0]!.digest)).toEqual(digest)
})

test('rotated siblings are read as well, compressed ones too, and nothing else', async () => {
  writeFileSync(path, 'now\n')
  for (const [name, text] of [
    ['access.log.1', 'one'],
    ['access.log-20261125', 'day'],
    ['access.log-20261125-0300', 'hour'],
    ['access.log.2026-11-24', 'dash'],
    ['other.log', 'other'],
    ['access.log.bak', 'backup'],
    ['access.log.1.swp', 'editor'],
  ] as const) {
    writeFileSync(join(folder, name), `${text}\n`)
  }
  const compressed = Buffer.concat([gzipSync('two\n'), gzipSync('more\n')])
  writeFileSync(join(folder, 'access.log.2.gz'), compressed)
  const { lines } = await read()
  const sorted = lines.map(String).toSorted()
  expect(sorted).toEqual(['dash', 'day', 'hour', 'more', 'now', 'one', 'two'])
  expect((await read({ paths: [folder] })).lines).toHaveLength(10)
})

test('a line is as long as the limit, and no longer', async () => {
  const longest = 'x'.repeat(MAX_LINE_BYTES)
  writeFileSync(path, `${longest}\n${longest}y\n${'z'.repeat(1_000_000)}\nafter\n`)
  const { lines } = await read()
  expect(lines).toEqual([longest, null, null, 'after'])
})

test('files that were last written before the period are not read', async () => {
  writeFileSync(path, 'now\n')
  writeFileSync(`${path}.1`, 'before\n')
  utimesSync(`${path}.1`, 1_000, 1_000)
  expect(await read({ sinceMs: 2_000_000 })).toMatchObject({ lines: ['now'], old: 1 })
})

test('there are not more files than the limit', async () => {
  writeFileSync(path, '0\n')
  for (let i = 1; i < MAX_LOG_FILES; i++) writeFileSync(`${path}.${i}`, `${i}\n`)
  expect(await read()).toMatchObject({ leftOut: 0 })
  writeFileSync(`${path}.${MAX_LOG_FILES}`, 'more\n')
  const { leftOut, lines } = await read()
  expect({ leftOut, lines: lines.length }).toEqual({ leftOut: 1, lines: MAX_LOG_FILES })
})

describe('a web server goes on', () => {
  test('what it writes meanwhile is for the next run', async () => {
    writeFileSync(path, 'a\n')
    const all = await read({}, () => undefined)
    appendFileSync(path, 'b\n')
    const { position } = firstOf(all.files)
    const next = await read({ positions: [{ ...position, bytes: 2, lines: 1 }] })
    expect(next).toMatchObject({ lines: ['b'], numbers: [2], offsets: [2] })
  })

  test('a file that is rotated under way is read to its end, and once', async () => {
    writeFileSync(path, 'a\nb\n')
    const { lines } = await read({}, () => {
      renameSync(path, `${path}.1`)
      writeFileSync(path, 'c\n')
    })
    expect(lines).toEqual(['a', 'b'])
    expect((await read()).lines).toEqual(['c', 'a', 'b'])
  })

  test('a rotated file goes on where it was left, by whatever name', async () => {
    writeFileSync(path, 'a\nb\n')
    const { position } = firstOf((await read()).files)
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'c\n')
    const next = await read({ positions: [{ ...position, bytes: 2, lines: 1 }] })
    expect(next.lines).toEqual(['c', 'b'])
  })

  test('a file that was cut says so, and an earlier place in it counts no more', async () => {
    writeFileSync(path, 'a\nb\n')
    const cut = await read({}, () => truncateSync(path, 2))
    expect(cut.files).toMatchObject([{ isCut: false }])
    const { position } = firstOf(cut.files)
    truncateSync(path, 0)
    writeFileSync(path, 'c\n')
    const next = await read({ positions: [{ ...position, bytes: 4, lines: 2 }] })
    expect(next).toMatchObject({ lines: ['c'], numbers: [1] })
  })

  test('a compressed file that ends early says so', async () => {
    const bytes = gzipSync(`${'a line\n'.repeat(10_000)}`)
    writeFileSync(`${path}.1.gz`, bytes.subarray(0, bytes.length - 10))
    writeFileSync(path, '')
    const { files } = await read()
    expect(files.map(({ isCut }) => isCut)).toEqual([false, true])
  })
})

test('no such file', async () => {
  await expect(read()).rejects.toThrow(
    expect.objectContaining({ code: 'RECONCILE_LOG_UNREADABLE' }),
  )
})
