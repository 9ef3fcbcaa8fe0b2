// Tables in Markdown that are generated from the code, between marks.
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

const [begin, end] = ['<!-- table: from src -->', '<!-- /table -->']

/** Puts the table between the marks of the file; with --check only says that it differs. */
export function writeTable(path: string, table: string): void {
  const before = readFileSync(path, 'utf8')
  const [head, rest] = before.split(begin)
  const [, tail] = rest?.split(end) ?? []
  if (head === undefined || tail === undefined) throw new Error(`${path}: the marks are missing`)
  const now = `${head}${begin}\n\n${table}\n\n${end}${tail}`
  if (now === before) return
  if (process.argv.includes('--check')) {
    console.error(`${basename(path)}: the table is not what the code says; run npm run generate`)
    process.exitCode = 1
  } else writeFileSync(path, now)
}
