// What became of the theft: found by a rule, told to the authorization server, session ended. All
// of it stands in the log; nothing here comes from anywhere else.
import { decodeFinding, foldersUnder, type Found, openReader } from '@grantlog/ledger'
import type { SeenRecord } from '../expectation/records.ts'
import { refreshReuse } from '../stage/alerts.ts'
import type { Stage } from '../stage/stage.ts'
import type { Story } from '../story.ts'

/** Places in the log, and milliseconds after the theft. */
export interface Ended {
  readonly finding: string
  readonly leaf: number
  readonly foundMs: number
  readonly record: number
  readonly endedMs: number
}

/**
 * `seen`: what belongs to no step, as the end of a session does that a finding brought about.
 * null: it is not all there.
 */
export async function endOf(
  theft: SeenRecord | undefined,
  { data }: Stage,
  seen: readonly SeenRecord[],
): Promise<Ended | null> {
  const found = await findingIn(data)
  const end = seen.find(({ action, service }) => {
    return action === 'oauth.end_session' && service === 'login'
  })
  if (theft === undefined || found === undefined || end === undefined) return null
  const since = (ms: number): number => Math.round(ms - theft.endedAtMs)
  return {
    ...{ finding: found.id, leaf: found.index, foundMs: since(found.madeAt) },
    ...{ record: end.index, endedMs: since(end.endedAtMs) },
  }
}

async function findingIn(data: string): Promise<(Found & { index: number }) | undefined> {
  const reader = await openReader(foldersUnder(data))
  try {
    for await (const { entries } of reader.frames(0)) {
      for (const { index, leaf, stored } of entries) {
        if (leaf.type !== 'finding' || stored.kind !== 'content') continue
        const content = decodeFinding(stored.content)
        if (content.kind === 'found' && content.rule.id === refreshReuse) {
          return { ...content, index }
        }
      }
    }
    return undefined
  } finally {
    await reader.close()
  }
}

export function tellEnd(ended: Ended | null, story: Story): void {
  story.part('The finding', 'While it happened, a rule saw the theft, and the session was ended.')
  if (ended === null) return story.bad('the theft was not found, or nothing came of it')
  const { endedMs, finding, foundMs, leaf, record } = ended
  story.good(`"Refresh token used twice", ${foundMs} ms after the theft; sealed as leaf ${leaf}`)
  story.good("the authorization server was told, by a signed Security Event Token of bob's session")
  story.good(`it ended that session, ${endedMs} ms after the theft: record ${record}`)
  story.good('bob was asked for his password when he came again')
  story.fact('finding', finding)
}
