// The fire drill: somebody with root changes what is stored, on a copy, and `grantlog verify` has
// to find it, and call it by its name.
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Tampering, tamperings, type Target } from '@grantlog/ledger/testing'
import type { Processes } from '../stage/processes.ts'
import type { Stage } from '../stage/stage.ts'
import type { Story } from '../story.ts'
import { commitForgery } from './forgery.ts'

interface Finding {
  readonly word: string
  readonly code: string
  readonly where: string
}

export interface DrillOptions {
  readonly processes: Processes
  readonly stage: Stage
  readonly story: Story
}

/** Tampers with copies of the data, and counts what `grantlog verify` finds. */
export async function runDrill(
  options: DrillOptions,
  target: Target,
): Promise<{ tried: number; found: number }> {
  const { stage, story } = options
  story.part('The drill', 'On copies of the data: can somebody with root change it unseen?')
  const left = [...tamperings, ...ownTamperings(stage)]
  const tried = left.length
  let found = 0
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      story.progress(`${tried - left.length} of ${tried}: ${next.what}`)
      if (await isFound(next, target, options)) found++
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return { tried, found }
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

/** Tampers with a copy and lets the command line look at it. */
async function isFound(
  { by, found, what }: Tampering,
  target: Target,
  { processes, stage, story }: DrillOptions,
): Promise<boolean> {
  const copy = await mkdtemp(join(stage.folder, 'drill-'))
  try {
    await cp(stage.data, copy, { recursive: true })
    await by(copy, target)
    const findings = await verify(processes, copy, stage)
    const named = findings.find(({ code }) => code === found[0])
    if (named) story.good(`${what}: found, ${named.word} (${named.code}) at ${named.where}`)
    else story.bad(`${what}: not found`)
    return named !== undefined
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function verify(processes: Processes, data: string, stage: Stage): Promise<Finding[]> {
  const { code, stderr, stdout } = await processes.grantlog(verifyArgs(data, stage))
  if (code !== 0 && code !== 1) throw new Error(`grantlog verify ended with ${code}: ${stderr}`)
  return (JSON.parse(stdout) as { findings: Finding[] }).findings
}

/** With the log's key and the checkpoints that the applications have seen. */
export function verifyArgs(data: string, { logKey, seen }: Stage): string[] {
  const anchors = seen.flatMap((folder) => ['--seen', folder])
  return ['verify', '--data', data, '--key', logKey, ...anchors, '--json']
}
