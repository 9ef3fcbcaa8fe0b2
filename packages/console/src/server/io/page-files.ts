// The files of the page, as the bundle made them.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PageFile } from '../options.ts'

const folder = join(import.meta.dirname, '../../../dist/web')
const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  svg: 'image/svg+xml',
}
/** One name behind one folder at most: nothing can lead out of it. */
const form = /^\/(?:[\w-]+\/)?[\w-]+(?:\.[\w-]+)*\.([a-z]+)$/
/** Names with a hash in them, as the bundle gives them. */
const hashed = /-[A-Z0-9]{8}\.[a-z]+(\.map)?$/

const kept = new Map<string, PageFile>()

export async function readPageFile(path: string): Promise<PageFile | null> {
  const known = kept.get(path)
  if (known !== undefined) return known
  const [, extension = ''] = form.exec(path) ?? []
  const type = types[extension]
  if (type === undefined) return null
  try {
    const bytes = await readFile(join(folder, path))
    const file = { bytes, type, immutable: hashed.test(path) }
    // Those with a hash cannot change; the others are small.
    if (file.immutable) kept.set(path, file)
    return file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
