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
  const lines = stdout.trimEnd().split('\n')
  for (const line of lines.slice(0, linesMax)) story.say(`   ${line.slice(0, story.columns - 3)}`)
  if (lines.length > linesMax) story.say(`   … and ${lines.length - linesMax} more`)
}
