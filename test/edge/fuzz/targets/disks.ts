// What lies on a disk that somebody else can write to, or that rots: commits, journals, the ledger
// as a whole.
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { audit, CommitRows, LedgerError, type PlainFrame } from '@grantlog/ledger'
import { memoryStore, RecordIndex } from '@grantlog/query'
import { attributeDefinitions } from '@grantlog/record'
import { openJournal } from '@grantlog/journal'
import { createMemoryFiles, type MemoryFiles } from '@grantlog/journal/testing'
import { joinOpenings } from '../../../../packages/ledger/src/format/outline.ts'
import { decodePlaintext } from '../../../../packages/ledger/src/format/plaintext.ts'
import type { Outgoing } from '../../../../packages/sdk/src/export/outgoing.ts'
import { createSpoolCipher } from '../../../../packages/sdk/src/export/spool/cipher.ts'
import type { TargetSource } from '../target.ts'
import { type MadeLedger, makeLedger } from './made.ts'

export const diskTargets: readonly TargetSource[] = [
  {
    name: 'commit',
    async open() {
      const { commits, remove } = await makeLedger()
      return {
        seeds: commits.map(({ plaintext }) => plaintext),
        read(input) {
          const { entries } = decodePlaintext(input)
          for (const entry of entries) {
            if (entry.kind !== 'record') continue
            for (const { ciphertext, outline } of entry.subjects) joinOpenings(outline, ciphertext)
          }
        },
        close: remove,
      }
    },
  },
  {
    name: 'rows',
    async open() {
      const { commits, remove } = await makeLedger()
      const rows = new CommitRows()
      const index = new RecordIndex(memoryStore())
      return {
        seeds: seedsOf(commits),
        read(input) {
          const commit = commitOf(commits, input)
          for (rows.begin(commit); rows.next();) {
            if (rows.entry !== null) continue
            for (const name of attributeDefinitions.keys()) rows.get(name)
          }
          index.clear()
          index.addFrame({ ...commit, number: 0, read: () => never() })
        },
        close: remove,
      }
    },
  },
  {
    name: 'journal',
    share: 0.2,
    async open() {
      const payloads = [1, 40, 0, 300].map((size) => new Uint8Array(size).fill(size))
      const { bytes, name } = await aSegment(payloads)
      return {
        seeds: [bytes],
        async read(input) {
          const files = await filesWith(name, input)
          const journal = await openJournal({ directory: folder, files })
          for await (const { payload } of journal.read(journal.first)) void payload.length
          const number = await journal.append(Buffer.from('goes on'))
          const again = await journal.readFrame(number)
          if (Buffer.from(again).toString() !== 'goes on') throw new Error('it does not go on')
          await journal.close()
        },
      }
    },
  },
  {
    name: 'spool',
    share: 0.2,
    async open() {
      const cipher = createSpoolCipher(generateKeyPairSync('ed25519').privateKey, folder)
      const batches = [1, 2, 3].map((count): Outgoing => {
        const head = { instance: 'i', firstSequence: 10 * count, root: 'r' }
        return { ...head, count, body: Buffer.alloc(40 * count, count) }
      })
      const written = new Set(batches.map(textOf))
      const { bytes, name } = await aSegment(batches.map((batch, at) => cipher.seal(batch, at)))
      return {
        seeds: [bytes],
        async read(input) {
          const files = await filesWith(name, input)
          const journal = await openJournal({ directory: folder, files, readOnly: true })
          for await (const { number, payload } of journal.read(journal.first)) {
            const batch = cipher.open(payload, number)
            if (batch !== null && !written.has(textOf(batch))) throw new Error('another batch')
          }
          await journal.close()
        },
      }
    },
  },
  {
    name: 'ledger-files',
    share: 0.002,
    async open() {
      const { data, folders, logKey, remove } = await makeLedger()
      const paths = await filesUnder(data)
      const originals = await Promise.all(paths.map((path) => readFile(path)))
      // The number of a file before its bytes: so an input says which file it is about.
      const seeds = originals.map((bytes, at) => Buffer.concat([Buffer.from([at]), bytes]))
      return {
        seeds,
        async read(input) {
          const at = (input[0] ?? 0) % paths.length
          await writeFile(paths[at]!, input.subarray(1))
          try {
            await audit({ folders, logKey })
          } finally {
            await writeFile(paths[at]!, originals[at]!)
          }
        },
        close: remove,
      }
    },
  },
]

const folder = '/j'

/** A segment of these frames. */
async function aSegment(
  payloads: readonly Uint8Array[],
): Promise<{ name: string; bytes: Uint8Array }> {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory: folder, files })
  for (const payload of payloads) await journal.append(payload)
  await journal.close()
  const [name] = await files.list(folder)
  return { name: name!, bytes: Uint8Array.from(await files.read(`${folder}/${name}`)) }
}

/** A disk with one segment. */
async function filesWith(name: string, bytes: Uint8Array): Promise<MemoryFiles> {
  const files = createMemoryFiles()
  await files.makeDirectory(folder)
  const file = await files.open(`${folder}/${name}`, 'create')
  await file.write([bytes], 0)
  await file.sync()
  await file.close()
  await files.syncDirectory(folder)
  return files
}

function textOf({ body, ...head }: Outgoing): string {
  return `${JSON.stringify(head)} ${Buffer.from(body).toString('hex')}`
}

/** Databases are left out: SQLite checks them, and its errors are tested elsewhere. */
async function filesUnder(data: string): Promise<string[]> {
  const names = await readdir(data, { recursive: true, withFileTypes: true })
  return names
    .filter((entry) => entry.isFile() && !/\.db(-\w+)?$|ballast/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

const key = createSecretKey(Buffer.alloc(32))
const keystore: PlainFrame['keystore'] = { forgotten: 0, subjectKeyById: () => key }

/** The input's plaintext, with the leaves of the commit that it names. */
function commitOf(
  commits: MadeLedger['commits'],
  input: Uint8Array,
): Pick<PlainFrame, 'first' | 'keystore' | 'leaves' | 'plaintext'> {
  const { leaves } = commits[(input[0] ?? 0) % commits.length]!
  const plaintext = Buffer.from(input.subarray(1))
  return { first: 0, keystore, leaves: Buffer.from(leaves), plaintext }
}

/** Before each the number of the commit whose leaves it comes with. */
function seedsOf(commits: MadeLedger['commits']): Uint8Array[] {
  return commits.map(({ plaintext }, at) => Buffer.concat([Buffer.from([at]), plaintext]))
}

/** Reading strictly has a target of its own. */
function never(): never {
  throw new LedgerError('LEDGER_FORMAT', 'read strictly')
}
