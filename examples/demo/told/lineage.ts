// The whole life of one grant, as `grantlog lineage` draws it.
import type { SeenRecord } from '../expectation/records.ts'
import type { Processes } from '../stage/processes.ts'
import type { Stage } from '../stage/stage.ts'
import type { Story } from '../story.ts'

const linesMax = 40

interface Parts {
  readonly processes: Processes
  readonly stage: Stage
  readonly story: Story
}

/** Of the grant that this record belongs to. */
export async function tellLineage(
  { processes, stage, story }: Parts,
  record: SeenRecord | undefined,
): Promise<void> {
  story.part(
    'The lineage',
    "Bob's grant across the services: a refresh token was stolen, and all of it ended.",
  )
  if (record === undefined) return story.bad('there is no record of the theft')
  const args = ['lineage', String(record.index), '--data', stage.data]
  const { code, stderr, stdout } = await processes.grantlog(args)
  if (code !== 0) return story.bad(`grantlog lineage: ${stderr}`)
  const width = story.columns - 3
  const parts = stdout.trimEnd().split('\n\n')
  const lines = (parts.pop() ?? '').split('\n')
  // What was stolen comes first, in sentences.
  for (const part of parts) {
    for (const line of brokenAt(width, part)) story.say(`   ${line}`)
    story.say('')
  }
  for (const line of lines.slice(0, linesMax)) story.say(`   ${line.slice(0, width)}`)
  if (lines.length > linesMax) story.say(`   … and ${lines.length - linesMax} more`)
}

/** Lines of at most `width` characters, broken at spaces. */
function brokenAt(width: number, text: string): string[] {
  const most = Math.min(width, 1_000)
  const pattern = new RegExp(`\\S.{0,${most - 1}}(?=\\s|$)|\\S+`, 'gu')
  return text.split('\n').flatMap((line) => line.match(pattern) ?? [])
}
