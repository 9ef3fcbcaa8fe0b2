// What the applications of all cells talk to: a real authorization server with all features that a
// client may use, a server that answers wrongly, and one that is gone.
import { startAnswers } from '../../packages/sdk/test/fixtures/answers.ts'
import { startService } from '../../packages/sdk/test/fixtures/child.ts'
import type { Servers } from './process.ts'

/** Starts them, and stops them after `work`. */
export async function withServers(work: (servers: Servers) => Promise<void>): Promise<void> {
  const service = await startService({ credentials: null, entry: 'full-server.mjs' })
  const answers = await startAnswers()
  const gone = await startAnswers()
  await gone.close()
  try {
    await work({ issuer: service.issuer, answers: answers.url, dead: gone.url })
  } finally {
    await service.end()
    await answers.close()
  }
}
