// Scenario: instrumented services, a receiver and a sink under load at 70 % of the most that they
// can do; all of them are killed or stopped at random. `npm run soak` is the same for as long as
// one likes.
// Guarantee: what was answered is sealed, or a loss that its stream shows.
import { faultTest } from './fault.ts'
import { newFolder } from './data-folder.ts'
import { claimsOf } from './soak/claims.ts'
import { soak } from './soak/soak.ts'

const minutes = 1.5

faultTest(
  {
    where: 'both sides',
    fault: `random kills of services, receiver and sink for ${minutes} minutes, buffered`,
    expected: 'emitted = sealed + numbered losses; no answer without record or such a loss',
    isLong: true,
  },
  async () => {
    await using folder = await newFolder('soak')
    const report = await soak({
      ...{ guarantee: 'buffered', minutes, load: 0.7, seed: 5, services: 3 },
      ...{ calibrateSeconds: 5, faultSeconds: 6, folder: folder.path, tell: () => undefined },
    })
    const failed = claimsOf(report).filter(({ holds }) => holds === false)
    if (failed.length > 0) throw new Error(JSON.stringify(failed, null, 2))
    const kills = Object.values(report.faults).reduce((sum, count) => sum + count, 0)
    return `${kills} faults; ${claimsOf(report)[0]!.seen}`
  },
)
