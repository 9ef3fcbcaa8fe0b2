// The demo: one log-in at a real authorization server, seen from the record to its verified proof.
//
//   node examples/demo/run.ts [--once] [--json] [--keep] [--verbose] [--jaeger URL|none]
//
// --once ends after the walk; with --json its last line on stdout says what was counted.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { countPublished, fetchCheckpoint, readRecords } from './evidence.ts'
import { createProcesses, type Processes } from './processes.ts'
import { buildStage, type Stage } from './stage.ts'
import { createStory, type Story } from './story.ts'
import { runDrill, until, walk, type Walked, withReader } from './walk.ts'
import { serveWeb } from './web.ts'

const { values: flags } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    jaeger: { type: 'string' },
  },
})

/** Counts of leaves of type `record`; each is taken at another place. */
interface Summary {
  readonly records: number
  readonly sealed: number
  readonly forwarded: number
  readonly verified: number
  readonly gaps: number
  readonly tamper: { readonly tried: number; readonly found: number }
  readonly firstVerifiedMs: number
}

interface Verified {
  readonly verified: number
  readonly gaps: number
  readonly anchored: boolean
}

async function main(processes: Processes, story: Story, folder: string): Promise<void> {
  const { jaeger, verbose } = flags
  const onSpan = verbose ? (text: string) => story.say(`   at the sink: ${text}`) : undefined
  const stage = await buildStage({ processes, folder, jaeger, onSpan })
  const walked = await walk(stage, story)
  // Its stream closes with the server, and only a closed stream can be counted to its end.
  if (flags.once) await stage.authorizationServer.stop()
  const summary = await sumUp({ processes, stage, story }, walked)
  story.say(`\n${sentence(summary)}`)
  if (flags.json) process.stdout.write(`${JSON.stringify(summary)}\n`)
  if (!isRight(summary)) process.exitCode = 1
  if (!flags.once) await stayUp(stage, story)
}

async function sumUp(
  parts: { processes: Processes; stage: Stage; story: Story },
  { firstVerifiedMs, target }: Walked,
): Promise<Summary> {
  const { processes, stage } = parts
  const { records, size } = await settled(stage)
  const sealed = await countPublished(stage.adminUrl, size)
  const forwarded = await countForwarded(stage.sinkUrl, records)
  const flags = ['--data', stage.data, '--key', stage.logKey, '--seen', stage.seen, '--json']
  const { code, stderr, stdout } = await processes.grantlog(['verify', ...flags])
  if (code !== 0 && code !== 1) throw new Error(`grantlog verify ended with ${code}: ${stderr}`)
  const { anchored, gaps, verified } = JSON.parse(stdout) as Verified
  if (!anchored) throw new Error('the checkpoint that the producer has seen is not in the log')
  const tamper = await runDrill(parts, target)
  return { records, sealed, forwarded, verified, gaps, tamper, firstVerifiedMs }
}

/** Resolves when all that was committed is published, and nothing more came for a while. */
async function settled(stage: Stage): Promise<{ records: number; size: number }> {
  const quietLooks = 20
  let [last, looks] = [-1, 0]
  return until('the log to settle', async () => {
    const response = await fetch(`${stage.adminUrl}/readyz`)
    const { published, size } = (await response.json()) as { published: number; size: number }
    looks = size === last && published === size ? looks + 1 : 0
    last = size
    if (looks < quietLooks) return undefined
    const records = (await withReader(stage.data, readRecords)).length
    return { records, size: (await fetchCheckpoint(stage.adminUrl, stage)).size }
  })
}

/** Spans at the sink; forwarding is at its own pace, so it is given some time to have all. */
async function countForwarded(sinkUrl: string, expected: number): Promise<number> {
  let count = 0
  try {
    return await until('the sink', async () => {
      const response = await fetch(`${sinkUrl}/spans`)
      count = ((await response.json()) as { count: number }).count
      return count >= expected ? count : undefined
    })
  } catch {
    return count
  }
}

function isRight({ forwarded, gaps, records, sealed, tamper, verified }: Summary): boolean {
  const equal = [sealed, forwarded, verified].every((count) => count === records)
  return records > 0 && equal && gaps === 0 && tamper.found === tamper.tried
}

function sentence(summary: Summary): string {
  const { forwarded, gaps, records, sealed, tamper, verified } = summary
  const counts = `${records} records received, ${sealed} sealed, ${forwarded} forwarded`
  const found = `${tamper.found} of ${tamper.tried} tamperings found`
  return `${counts}, ${verified} verified; ${gaps} gaps; ${found}.`
}

/** Until Ctrl-C. */
async function stayUp(stage: Stage, story: Story): Promise<void> {
  const { client, data, jaeger, password, sinkUrl, webPort } = stage
  const web = await serveWeb(webPort, client, (subject) => story.say(`${subject} has logged in.`))
  story.say(`
It is all still running. Try:
  http://127.0.0.1:${webPort}/   log in as alice, password ${password}
  ${stage.issuer}   the authorization server
  ${sinkUrl}/spans   what the sink has got
  ${stage.adminUrl}/readyz   the receiver${jaeger?.uiUrl ? `\n  ${jaeger.uiUrl}/   Jaeger` : ''}

  export GRANTLOG_DATA=${data}
  npx grantlog search --show-personal
  npx grantlog verify --seen ${stage.seen}
  npx grantlog prove INDEX --disclose user
  npx grantlog doctor --admin-port ${new URL(stage.adminUrl).port}

Ctrl-C ends it; the data stays in ${stage.folder}`)
  await Promise.race([stopAsked, anyEnd(stage, story)])
  web.close()
  web.closeAllConnections()
}

/** Resolves when a child has ended by itself, which ends the demo. */
async function anyEnd({ children }: Stage, story: Story): Promise<void> {
  const name = await Promise.race(children.map((child) => child.ended.then(() => child.name)))
  story.bad(`${name} has ended`)
  process.exitCode = 1
}

/** A signal stops the demo at any step: the children go first. */
const stopping = Promise.withResolvers<void>()
const stopAsked = stopping.promise
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.resolve())

const processes = createProcesses()
const story = createStory(process.stderr)
const folder = await mkdtemp(join(tmpdir(), 'grantlog-demo-'))
story.say(`grantlog demo, in ${folder}`)
try {
  const stopped = stopAsked.then(() => 'stopped' as const)
  const end = await Promise.race([main(processes, story, folder), stopped])
  if (end === 'stopped' && flags.once) process.exitCode = 1
} catch (error) {
  story.say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  process.exitCode = 1
} finally {
  await processes.stopAll()
  if (flags.once && !flags.keep) await rm(folder, { recursive: true, force: true })
  // What was interrupted may still wait for something.
  process.exit()
}
