// The fire drill: somebody with root changes what is stored, on a copy, and an audit, which is what
// `grantlog verify` runs, has to find it and call it by its name.
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { audit, type Finding, foldersUnder } from '@grantlog/ledger'
import { type Tampering, tamperings, type Target } from '@grantlog/ledger/testing'
import { copyData } from '../stage/copy.ts'
import type { Stage } from '../stage/stage.ts'
import type { Story } from '../story.ts'
import { commitForgery } from './forgery.ts'

/** Tampers with copies of the data, and counts what the audit finds. */
export async function runDrill(
  { stage, story }: { readonly stage: Stage; readonly story: Story },
  target: Target,
): Promise<{ tried: number; found: number }> {
  story.part('The drill', 'On copies of the data: can somebody with root change it unseen?')
  const seen = await readAnchors(stage.seen)
  const all = [...tamperings, ...ownTamperings(stage)]
  let found = 0
  for (const tampering of all) {
    const finding = await findingOf(tampering, target, { stage, seen })
    const { what } = tampering
    if (finding === undefined) {
      story.bad(`${what}: not found`)
      continue
    }
    found++
    story.good(`${what}: ${finding.word} (${finding.code}) at ${finding.where}`)
  }
  return { tried: all.length, found }
}

/** What needs the demo: an older copy, and the key of another service. */
function ownTamperings({ early, credentialsOf }: Stage): Tampering[] {
  return [
    {
      what: 'rollback: everything, the lock store too, is put back to an older copy',
      found: ['LOG_ROLLED_BACK'],
      by: async (copy) => {
        await rm(copy, { recursive: true })
        await cp(early, copy, { recursive: true })
      },
    },
    {
      what: "forgery: the shop's key signs a record of the authorization server",
      found: ['RECORD_FORGED'],
      by: (copy) => commitForgery(copy, credentialsOf('web')),
    },
  ]
}

/** What is found first in a copy that was tampered with; undefined if it is not what it must be. */
async function findingOf(
  { by, found, told }: Tampering,
  target: Target,
  { seen, stage }: { readonly seen: readonly Uint8Array[]; readonly stage: Stage },
): Promise<Finding | undefined> {
  const copy = await mkdtemp(join(stage.folder, 'drill-'))
  try {
    await copyData(stage.data, copy)
    await by(copy, target)
    const { findings } = await audit({ folders: foldersUnder(copy), logKey: stage.logKey, seen })
    const codes = new Set(findings.map(({ code }) => code))
    if (told !== undefined) codes.delete(told)
    const isAsExpected = codes.size === found.length && found.every((code) => codes.has(code))
    return isAsExpected ? findings[0] : undefined
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/** The checkpoints that the applications have seen and kept. */
async function readAnchors(folders: readonly string[]): Promise<Uint8Array[]> {
  const names = await Promise.all(folders.map((folder) => readdir(folder)))
  const files = folders.flatMap((folder, i) => names[i]!.map((name) => join(folder, name)))
  return Promise.all(files.map((file) => readFile(file)))
}

/** With the log's key and the checkpoints that the applications have seen. */
export function verifyArgs(data: string, { logKey, seen }: Stage): string[] {
  const anchors = seen.flatMap((folder) => ['--seen', folder])
  return ['verify', '--data', data, '--key', logKey, ...anchors, '--json']
}
