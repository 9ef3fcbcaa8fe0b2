// The processes that make records for a growing ledger, and send them.
import type { Enrolment } from '@grantlog/ledger'
import { startAnswerer } from './children.ts'
import type { Growth } from './grower.ts'

/** Two cores make records as fast as one receiver takes them. */
const growers = 2

export interface Grower {
  readonly enrolment: Enrolment
  readonly ask: (line: string) => Promise<string>
}

/** Starts them one by one; whoever disposes of the stack stops them. */
export async function startGrowers(started: AsyncDisposableStack): Promise<readonly Grower[]> {
  const makers: Grower[] = []
  for (let at = 0; at < growers; at++) {
    const { ask, first, stop } = await startAnswerer('grower.ts')
    started.defer(stop)
    makers.push({ enrolment: JSON.parse(first) as Enrolment, ask })
  }
  return makers
}

/** Has them send so many records, each its share; resolves when all are taken, throws if not. */
export async function growBy(
  makers: readonly Grower[],
  url: string,
  records: number,
): Promise<void> {
  const growth: Growth = { url, records: records / makers.length }
  const answers = await Promise.all(makers.map((one) => one.ask(JSON.stringify(growth))))
  if (answers.some((answer) => answer !== 'taken')) throw new Error(answers.join())
}
