import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { SpoolFolder } from '../spool/folder.ts'
import { leaveFolders } from './exit.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const batches = [0, 1, 2, 3].map((firstSequence) => {
  return { instance: 'i', firstSequence, count: 1, root: '', body: Buffer.alloc(1000) }
})

function leave(bytesMax: number): { readonly saved: number; readonly bytes: number } {
  const root = mkdtempSync(join(tmpdir(), 'grantlog-exit-'))
  const leaving = { root, name: 'i.exit', privateKey, kid: 'k', folders: [], isEmpty: false }
  const saved = leaveFolders({ ...leaving, batches, bytesMax })
  const names = readdirSync(root, { recursive: true }) as string[]
  const sizes = names.filter((name) => name.endsWith('.seg')).map((name) => join(root, name))
  return { saved, bytes: sizes.reduce((sum, path) => sum + statSync(path).size, 0) }
}

test('a service that ends again and again keeps to its bytes on disk', () => {
  expect(leave(1e6).saved).toBe(4)
  const { saved, bytes } = leave(2500)
  expect(saved).toBe(2)
  expect(bytes).toBeLessThanOrEqual(2500 + 32)
  expect(leave(0)).toEqual({ saved: 0, bytes: 0 })
})

test('a folder that was taken over from the key before stays that key’s', () => {
  const root = mkdtempSync(join(tmpdir(), 'grantlog-exit-'))
  const path = join(root, 'left')
  mkdirSync(path)
  const folder = { path, key: 'old', generation: 1, isOwn: false } as SpoolFolder
  const leaving = { root, name: 'i.exit', privateKey, kid: 'k', batches: [], bytesMax: 1e6 }
  leaveFolders({ ...leaving, folders: [folder], isEmpty: false })
  const owner: unknown = JSON.parse(readFileSync(join(path, 'owner-2'), 'utf8'))
  expect(owner).toEqual({ released: true, key: 'old' })
})
